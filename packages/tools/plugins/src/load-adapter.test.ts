import { mkdir, rename, symlink } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { ArgumentError } from "@batchwise/core";
import { describe, expect, test, vi } from "vitest";
import { ACME, pluginFiles, project } from "./fixtures/project.ts";
import { loadAdapter, type LoadAdapterOptions } from "./index.ts";

// A safeguard, not a measure: modules are loaded, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** Module of an adapter that makes `made`, an expression. */
function plugin(made: string, more: string = ""): string {
  return `export const adapters = [{ name: "a", kind: "k", description: "d", options: { type: "object" }, create: () => ${made}, ${more} }];`;
}

/** Message of the ArgumentError with which loading fails. */
async function refusal(reference: string, options: LoadAdapterOptions): Promise<string> {
  const error: unknown = await loadAdapter(reference, options).catch((thrown: unknown) => thrown);
  expect(ArgumentError.isInstance(error)).toBe(true);
  return (error as Error).message;
}

describe("a package that the user has", () => {
  test("is loaded and used by name, with and without options", async () => {
    const from = await project(ACME);
    const loaded = await loadAdapter("acme#length", { from, kind: "embeddings" });
    expect(loaded).toMatchObject({
      package: "acme",
      version: "1.2.3",
      adapter: { name: "length", kind: "embeddings" },
    });
    expect(await loaded.create().batch(["a", "bb"])).toEqual([Float32Array.of(1, 1), Float32Array.of(2, 2)]);
    const sized = loaded.create({ size: 3 }, { purpose: "query" });
    expect(await sized.invoke("four")).toEqual(Float32Array.of(4, 4, 4));
    expect(sized).toMatchObject({ purpose: "query" });
  });

  test("gets only the options that were given: its own defaults count", async () => {
    const { create } = await loadAdapter("acme#length", { from: await project(ACME) });
    expect(create({ side: true })).toMatchObject({ rest: { side: true } });
    expect(create()).toMatchObject({ rest: {} });
  });

  test("is found from the current folder, from a folder below, from a file and its URL", async () => {
    const root = await project({ ...ACME, "src/deep/main.js": "" });
    const file = path.join(root, "src/deep/main.js");
    for (const from of [path.dirname(file), file, pathToFileURL(file).href]) {
      expect((await loadAdapter("acme#order", { from })).adapter.kind).toBe("rerank");
    }
    vi.spyOn(process, "cwd").mockReturnValue(root);
    expect((await loadAdapter("acme#order")).version).toBe("1.2.3");
    vi.restoreAllMocks();
  });

  test("is found below a folder whose name an address would have to escape", async () => {
    const from = await project(ACME, "50 % of #1 & ümläut?");
    expect((await loadAdapter("acme#order", { from })).version).toBe("1.2.3");
  });

  test("may be a link, as in workspaces, and may be the package that is being written", async () => {
    const root = await project(ACME);
    const written = path.join(root, "packages", "acme");
    await mkdir(path.dirname(written));
    await rename(path.join(root, "node_modules", "acme"), written);
    await symlink(written, path.join(root, "node_modules", "acme"), "junction");
    expect((await loadAdapter("acme#order", { from: root })).version).toBe("1.2.3");
    expect((await loadAdapter("acme#order", { from: path.join(written, "lib") })).version).toBe("1.2.3");
  });

  test("comes from the first place that has it", async () => {
    const empty = await project();
    const first = await project(ACME);
    const second = await project({
      ...pluginFiles("acme", { code: plugin("0"), manifest: { version: "9.0.0" } }),
      ...pluginFiles("@other/one", { code: plugin("0") }),
    });
    const from = [empty, first, second];
    expect((await loadAdapter("acme#order", { from })).version).toBe("1.2.3");
    expect((await loadAdapter("@other/one#a", { from })).package).toBe("@other/one");
  });

  test("is enough as a name where it has one adapter of the kind", async () => {
    const from = await project(ACME);
    expect((await loadAdapter("acme", { from, kind: "rerank" })).adapter.name).toBe("order");
    expect(await refusal("acme", { from, kind: "embeddings" })).toMatchInlineSnapshot(
      `"Expected the name of one adapter, got only acme, which has several. Choose one: acme#length (embeddings), acme#sizes (embeddings)."`,
    );
    expect(await refusal("acme", { from, kind: "chat" })).toMatchInlineSnapshot(
      `"Expected acme to have an adapter of the kind chat, got no such one. It has: acme#length (embeddings), acme#order (rerank), acme#sizes (embeddings)."`,
    );
  });
});

describe("errors say what to do", () => {
  test("a package that is not installed", async () => {
    const from = await project();
    expect(await refusal("@no/such#a", { from })).toBe(
      `Expected @no/such to be installed in ${from} or above it, got no such package. Install it there: npm i @no/such`,
    );
  });

  test.each([
    "",
    "#a",
    "a#",
    "a#b#c",
    "./a#b",
    "../a#b",
    "a b#c",
    "@scope#a",
    "/etc/passwd#a",
    "file:///a#b",
    "node:fs",
  ])("%j is not a reference", async (reference) => {
    expect(await refusal(reference, {})).toMatch(/^Expected the name of a package and of one of its adapters/);
  });

  test("an adapter that does not exist, or of another kind: those that exist", async () => {
    const from = await project(ACME);
    expect(await refusal("acme#none", { from })).toMatchInlineSnapshot(
      `"Expected acme to have an adapter named none, got no such one. It has: acme#length (embeddings), acme#order (rerank), acme#sizes (embeddings)."`,
    );
    expect(await refusal("acme#length", { from, kind: "rerank" })).toMatchInlineSnapshot(
      `"Expected an adapter of the kind rerank, got acme#length, which is of the kind embeddings. Of that kind it has: acme#order (rerank)."`,
    );
    expect(await refusal("acme#length", { from, kind: "chat" })).toMatch(/It has none of that kind\.$/);
  });

  test.each([
    ["exports nothing", "", /^Expected p to export `adapters`, got none/],
    ["exports another kind of value", "export const adapters = {};", /adapters must be a list, got an object/],
    ["exports an empty list", "export const adapters = [];", /adapters must hold at least one, got an empty list/],
    ["lists another kind of value", "export const adapters = [1];", /adapters\[0\] must be an object, got a number/],
    [
      "has everything wrong",
      "export const adapters = [{ name: 'a b', kind: '', options: { type: 'string' }, limits: 1, key: 2, dimensions: 3 }];",
      /\.name must be letters.*\.kind must .*\.description must .*got nothing.*\.options must .*\.create must .*\.limits must .*\.key must .*\.dimensions must /,
    ],
    [
      "has a name twice",
      `${plugin("0")} adapters.push(adapters[0]);`,
      /adapters\[1\]\.name must be unique, got the name of another/,
    ],
    [
      "has options that are not a schema",
      plugin("0", "options: { type: 'object', required: 1 }"),
      /to be a JSON Schema of draft 2020-12, got another form/,
    ],
    [
      "lacks a file",
      "import './missing.js';",
      /^Expected p, which is installed, to be importable, got: Cannot find module/,
    ],
    ["lacks a dependency", "import 'no-such-package';", /to be importable, got: Cannot find package 'no-such-package'/],
    ["is not JavaScript", "export const = 1;", /to be importable, got: /],
    [
      "imports what core does not export",
      "import { nothing } from '@batchwise/core';",
      /does not provide an export named/,
    ],
    [
      "throws while it starts",
      "throw new RangeError('SECRET');",
      /to be importable, got: it threw RangeError\. Install/,
    ],
  ])("a package that %s", async (_what, code, expected) => {
    const message = await refusal("p#a", { from: await project(pluginFiles("p", { code })) });
    expect(message).toMatch(expected);
    expect(message).not.toContain("SECRET");
  });

  test("a package without an entry for import", async () => {
    const files = pluginFiles("p", { code: plugin("0"), manifest: { exports: { "./other": "./lib/index.js" } } });
    expect(await refusal("p#a", { from: await project(files) })).toMatch(
      /to be importable, got: No "exports" main defined/,
    );
  });

  test("a core of another major version, before all else that is wrong then", async () => {
    const core = { "node_modules/p/node_modules/@batchwise/core/package.json": '{ "version": "7.1.0" }' };
    for (const code of [plugin("0"), "import { gone } from '@batchwise/core';"]) {
      const from = await project({ ...pluginFiles("p", { code }), ...core });
      expect(await refusal("p#a", { from })).toMatch(
        /^Expected p 1\.2\.3 to use the same major version of @batchwise\/core as this program \(\d+\.\d+\.\d+\), got 7\.1\.0\. /,
      );
    }
  });

  test("a copy of core of the same major version does no harm", async () => {
    const from = await project({
      ...pluginFiles("p", { code: plugin("({ [Symbol.for('batchwise.runnable')]: 1, invoke() {}, batch() {} })") }),
      "node_modules/p/node_modules/@batchwise/core/package.json": '{ "version": "1.999.0" }',
    });
    expect((await loadAdapter("p#a", { from })).create()).toBeTypeOf("object");
  });

  test("a Runnable of another contract, of a core that its package has bundled", async () => {
    const made = "({ [Symbol.for('batchwise.runnable')]: 2, invoke() {}, batch() {} })";
    const from = await project(pluginFiles("p", { code: plugin(made) }));
    const { create } = await loadAdapter("p#a", { from });
    expect(() => create()).toThrow(/^Expected a Runnable of contract version 1, got version 2\. Install one /);
  });
});

describe("create", () => {
  test("names all that is wrong with options, and never their values", async () => {
    const options = `{
      type: "object", additionalProperties: false, required: ["model"],
      properties: {
        model: { type: "string" }, size: { type: "integer", minimum: 1 }, mode: { enum: ["a", "b"] },
        apiKey: { type: "string", pattern: "^k", format: "unheard-of" }, more: { type: "object", required: ["x"], properties: { "a/b": { type: "string" } } },
      },
    }`;
    const from = await project(pluginFiles("p", { code: plugin("0", `options: ${options}`) }));
    const { create } = await loadAdapter("p#a", { from });
    const wrong = { size: 0.5, mode: "SECRET", apiKey: "SECRET", more: { "a/b": ["SECRET"] }, modle: "SECRET" };
    expect(() => create(wrong)).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: Expected options that p#a takes, got these: \`model\` is missing; there is no \`modle\` (did you mean \`model\`?); \`size\` must be integer, got a number; \`size\` must be >= 1, got a number; \`mode\` must be one of ["a","b"]; \`apiKey\` must match pattern "^k", got a text; \`x\` is missing in \`more\`; \`more.a/b\` must be string, got a list. Its options: model, size, mode, apiKey, more.]`,
    );
    expect(() => create([] as never)).toThrow(/they must be object, got a list/);
  });

  test("passes on the adapter's own error about options", async () => {
    const { create } = await loadAdapter("acme#length", { from: await project(ACME) });
    expect(() => create({ size: 101 })).toThrow("Expected at most 100 as `size`.");
  });

  test("never repeats another error, which may quote a key", async () => {
    const code = plugin("{ throw new TypeError('SECRET'); }");
    const { create } = await loadAdapter("p#a", { from: await project(pluginFiles("p", { code })) });
    expect(() => create()).toThrow(
      /^Expected p#a to take these options, got an error \(TypeError\), which is in `cause`/,
    );
    expect(() => create()).not.toThrow(/SECRET/);
  });

  test.each([
    ["undefined", /to make a Runnable of @batchwise\/core, got nothing/],
    ["Promise.resolve()", /to make a Runnable of @batchwise\/core, got an object/],
    ["({ invoke() {} })", /to make a Runnable of @batchwise\/core, got an object/],
  ])("refuses %s instead of a Runnable", async (made, message) => {
    const { create } = await loadAdapter("p#a", { from: await project(pluginFiles("p", { code: plugin(made) })) });
    expect(() => create()).toThrow(message);
  });
});
