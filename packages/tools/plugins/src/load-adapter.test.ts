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

/** An adapter that makes `made`, an expression. */
function plugin(made: string, more: string = ""): string {
  return `export const adapters = [{ name: "a", kind: "k", description: "d", options: { type: "object" }, create: () => ${made}, ${more} }];`;
}

/** The message of the ArgumentError that it ends with. */
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

  test("gets no option that was not given: its own defaults count", async () => {
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

  test("may be a link, as in workspaces, and may be the package itself that is written", async () => {
    const root = await project(ACME);
    const written = path.join(root, "packages", "acme");
    await mkdir(path.dirname(written));
    await rename(path.join(root, "node_modules", "acme"), written);
    await symlink(written, path.join(root, "node_modules", "acme"), "junction");
    expect((await loadAdapter("acme#order", { from: root })).version).toBe("1.2.3");
    expect((await loadAdapter("acme#order", { from: path.join(written, "lib") })).version).toBe("1.2.3");
  });

  test("is that of the first place which has it", async () => {
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
      `"acme has several adapters. Say which one: acme#length (embeddings), acme#sizes (embeddings)."`,
    );
    expect(await refusal("acme", { from, kind: "chat" })).toMatchInlineSnapshot(
      `"acme has no adapter of the kind chat. It has: acme#length (embeddings), acme#order (rerank), acme#sizes (embeddings)."`,
    );
  });
});

describe("errors say what to do", () => {
  test("a package that is not installed", async () => {
    const from = await project();
    expect(await refusal("@no/such#a", { from })).toBe(
      `@no/such is not installed in ${from}, nor above it. Install it there: npm i @no/such`,
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
  ])("%j is no reference", async (reference) => {
    expect(await refusal(reference, {})).toMatch(/^Expected the name of a package and of one of its adapters/);
  });

  test("an adapter that is not there, or of another kind: the ones that are", async () => {
    const from = await project(ACME);
    expect(await refusal("acme#none", { from })).toMatchInlineSnapshot(
      `"acme has no adapter named none. It has: acme#length (embeddings), acme#order (rerank), acme#sizes (embeddings)."`,
    );
    expect(await refusal("acme#length", { from, kind: "rerank" })).toMatchInlineSnapshot(
      `"Expected an adapter of the kind rerank, but acme#length is of the kind embeddings. Of that kind it has: acme#order (rerank)."`,
    );
    expect(await refusal("acme#length", { from, kind: "chat" })).toMatch(/It has none of that kind\.$/);
  });

  test.each([
    ["exports nothing", "", /^p exports no `adapters`/],
    ["exports no list", "export const adapters = {};", /expected a list, came an object/],
    ["exports an empty list", "export const adapters = [];", /expected at least one, came an empty list/],
    ["lists what is no object", "export const adapters = [1];", /adapters\[0\]: expected an object, came a number/],
    [
      "has everything wrong",
      "export const adapters = [{ name: 'a b', kind: '', options: { type: 'string' }, limits: 1, key: 2, dimensions: 3 }];",
      /\.name: expected letters.*\.kind: .*\.description: .*came nothing.*\.options: .*\.create: .*\.limits: .*\.key: .*\.dimensions: /,
    ],
    [
      "has a name twice",
      `${plugin("0")} adapters.push(adapters[0]);`,
      /adapters\[1\]\.name: expected one that no other has/,
    ],
    ["has options that are no schema", plugin("0", "options: { type: 'object', required: 1 }"), /are no JSON Schema/],
    ["lacks a file", "import './missing.js';", /^p is installed, but cannot be imported: Cannot find module/],
    ["lacks a dependency", "import 'no-such-package';", /cannot be imported: Cannot find package 'no-such-package'/],
    ["is no JavaScript", "export const = 1;", /cannot be imported: /],
    ["asks core for what it has not", "import { nothing } from '@batchwise/core';", /does not provide an export named/],
    ["throws while it starts", "throw new RangeError('SECRET');", /cannot be imported: it threw RangeError\. Install/],
  ])("a package that %s", async (_what, code, message) => {
    const said = await refusal("p#a", { from: await project(pluginFiles("p", { code })) });
    expect(said).toMatch(message);
    expect(said).not.toContain("SECRET");
  });

  test("a package without an entry for import", async () => {
    const files = pluginFiles("p", { code: plugin("0"), manifest: { exports: { "./other": "./lib/index.js" } } });
    expect(await refusal("p#a", { from: await project(files) })).toMatch(
      /cannot be imported: No "exports" main defined/,
    );
  });

  test("a core of another major version beside it, whatever else is wrong then", async () => {
    const core = { "node_modules/p/node_modules/@batchwise/core/package.json": '{ "version": "7.1.0" }' };
    for (const code of [plugin("0"), "import { gone } from '@batchwise/core';"]) {
      const from = await project({ ...pluginFiles("p", { code }), ...core });
      expect(await refusal("p#a", { from })).toMatch(
        /^p 1\.2\.3 works with @batchwise\/core 7\.1\.0, and this program with \d+\.\d+\.\d+: the first number/,
      );
    }
  });

  test("a copy of core of the same major version does no harm", async () => {
    const from = await project({
      ...pluginFiles("p", { code: plugin("({ [Symbol.for('batchwise.runnable')]: true })") }),
      "node_modules/p/node_modules/@batchwise/core/package.json": '{ "version": "1.999.0" }',
    });
    expect((await loadAdapter("p#a", { from })).create()).toBeTypeOf("object");
  });
});

describe("create", () => {
  test("says all that is wrong with options, by their names and never by their values", async () => {
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
      `[ArgumentError: p#a does not take these options: \`model\` is missing; there is no \`modle\`; \`size\` must be integer, came a number; \`size\` must be >= 1, came a number; \`mode\` must be one of ["a","b"]; \`apiKey\` must match pattern "^k", came a text; \`x\` is missing in \`more\`; \`more.a/b\` must be string, came a list. Its options: model, size, mode, apiKey, more.]`,
    );
    expect(() => create([] as never)).toThrow(/they must be object, came a list/);
  });

  test("passes on what the adapter says of options", async () => {
    const { create } = await loadAdapter("acme#length", { from: await project(ACME) });
    expect(() => create({ size: 101 })).toThrow("Expected at most 100 as `size`.");
  });

  test("never repeats another error, which may quote a key", async () => {
    const code = plugin("{ throw new TypeError('SECRET'); }");
    const { create } = await loadAdapter("p#a", { from: await project(pluginFiles("p", { code })) });
    expect(() => create()).toThrow(/^p#a could not be made of these options: it threw TypeError, which is in `cause`/);
    expect(() => create()).not.toThrow(/SECRET/);
  });

  test.each([
    ["undefined", /came nothing/],
    ["Promise.resolve()", /came an object/],
    ["({ invoke() {} })", /came an object/],
  ])("refuses %s in a Runnable's place", async (made, message) => {
    const { create } = await loadAdapter("p#a", { from: await project(pluginFiles("p", { code: plugin(made) })) });
    expect(() => create()).toThrow(message);
  });
});
