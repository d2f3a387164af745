import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import tsdownConfig from "../template/tsdown.config.ts";
import vitestConfig from "../template/vitest.config.ts";
import type { ScaffoldOptions } from "./options.ts";
import { renderTemplate } from "./render-template.ts";
import { filesForNpm } from "./testing/files-for-npm.ts";

/** A file's text. */
function textOf(files: ReadonlyMap<string, string>, file: string): string {
  const text = files.get(file);
  if (text === undefined) throw new Error(`Expected ${file} among ${[...files.keys()].join(", ")}.`);
  return text;
}

const COMMON = [
  ".changeset/config.json",
  ".changeset/first-release.md",
  ".github/workflows/ci.yml",
  ".github/workflows/release.yml",
  ".gitignore",
  "LICENSE",
  "README.md",
  "check-node.js",
  "package.json",
  "src/adapters.test.ts",
  "src/adapters.ts",
  "src/conformance.test.ts",
  "src/errors.test.ts",
  "src/errors.ts",
  "src/fixtures/send.ts",
  "src/fixtures/serve.ts",
  "src/headers.test.ts",
  "src/headers.ts",
  "src/index.ts",
  "src/limits.ts",
  "src/options.test.ts",
  "src/options.ts",
  "src/readme.test.ts",
  "tsconfig.json",
  "tsdown.config.ts",
  "vitest.config.ts",
];
const filesOf = (runnable: string): readonly string[] => [
  `src/${runnable}.test.ts`,
  `src/${runnable}.ts`,
  `src/fixtures/serve-${runnable}.ts`,
];

/** What is asked for, and the Runnables that come of it. */
const SHAPES: readonly (readonly [Pick<ScaffoldOptions, "strategy" | "kind">, readonly string[]])[] = [
  [{}, ["embeddings"]],
  [{ strategy: "bulk" }, ["embeddings"]],
  [{ strategy: "concurrent" }, ["chat"]],
  [{ strategy: "both" }, ["embeddings", "chat"]],
  [{ kind: "chat" }, ["chat"]],
  [{ kind: "rerank" }, ["rerank"]],
  [{ strategy: "both", kind: "rerank" }, ["embeddings", "rerank"]],
];

test.each(SHAPES)("%j has the files of %j", (shape, runnables) => {
  const files = [...COMMON, ...runnables.flatMap(filesOf)];
  expect([...renderTemplate({ name: "acme", ...shape }).keys()].toSorted()).toEqual(files.toSorted());
});

describe.each(SHAPES)("%j", (shape, runnables) => {
  const files = renderTemplate({ name: "@me/batchwise-acme-ai", ...shape });

  test("nothing of the template's own is left", () => {
    for (const [file, text] of files) {
      expect(text, file).not.toMatch(/my-?provider|my_provider|my provider|#(end)?region|\{\{\w|\n{3}/i);
    }
  });

  test("every file ends with one newline", () => {
    for (const [file, text] of files) expect(text, file).toMatch(/[^\n]\n$/);
  });

  test("JSON files are JSON", () => {
    const json = [...files].filter(([file]) => file.endsWith(".json"));
    expect(json.map(([, text]) => typeof JSON.parse(text))).toEqual(["object", "object", "object"]);
  });

  test("the conformance suite takes about 15 lines for a Runnable, and skips nothing", () => {
    const text = textOf(files, "src/conformance.test.ts");
    expect(text).not.toContain("skip");
    expect(text.split("\n").length).toBeLessThanOrEqual(runnables.length === 2 ? 34 : 21);
  });

  test("what the provider does in its own way is marked, and nothing else", () => {
    const marked = [...files].filter(([, text]) => text.includes("TODO")).map(([file]) => file);
    const own = [...runnables.flatMap(filesOf), "src/readme.test.ts", "src/headers.test.ts"];
    if (runnables.includes("embeddings")) own.push("src/adapters.ts");
    expect(marked.toSorted()).toEqual([...own, "src/errors.ts", "src/headers.ts", "src/limits.ts"].toSorted());
  });
});

test("what npm publishes holds the whole template", { timeout: 60_000 }, async () => {
  const own = fileURLToPath(new URL("..", import.meta.url));
  const published = (await filesForNpm(own)).filter((file) => file.startsWith("template/"));
  const all = readdirSync(path.join(own, "template"), { recursive: true, withFileTypes: true });
  expect(published).toHaveLength(all.filter((entry) => entry.isFile()).length);
});

test("a new package's tests lie in src, and its build gives ESM with types, held to publint", () => {
  expect(vitestConfig.test?.include).toEqual(["src/**/*.test.ts"]);
  expect(tsdownConfig).toMatchObject({ format: "esm", dts: true, publint: { strict: true } });
});

test("every option arrives where it belongs", () => {
  const files = renderTemplate({
    name: "@me/acme",
    strategy: "both",
    baseURL: "https://acme.example/v9",
    keyVariable: "ACME_TOKEN",
    maxInputs: 2048,
    maxConcurrency: 7,
    requestsPerMinute: 3000,
    tokensPerMinute: 1_000_000,
    author: 'Ada "the first" Lovelace',
  });
  const limits = textOf(files, "src/limits.ts");
  expect(limits).toContain("export const MAX_INPUTS = 2048;");
  expect(limits).toContain("export const MAX_CONCURRENCY = 7;");
  expect(limits).toContain("export const REQUESTS_PER_MINUTE: number | undefined = 3000;");
  expect(limits).toContain("export const TOKENS_PER_MINUTE: number | undefined = 1_000_000;");
  expect(textOf(files, "src/options.ts")).toContain('export const BASE_URL = "https://acme.example/v9";');
  expect(textOf(files, "src/errors.ts")).toContain('key: "ACME_TOKEN"');
  expect(textOf(files, "src/adapters.ts")).toContain('key: "ACME_TOKEN"');
  expect(textOf(files, "LICENSE")).toContain(`(c) ${new Date().getFullYear()} Ada "the first" Lovelace\n`);
  expect(textOf(files, "README.md")).toMatch(/\| `requestsPerMinute` +\| 3,000 /);
  expect(textOf(files, ".changeset/first-release.md")).toContain('"@me/acme": minor');
  expect(JSON.parse(textOf(files, "package.json"))).toMatchObject({
    name: "@me/acme",
    author: 'Ada "the first" Lovelace',
    keywords: expect.arrayContaining(["batchwise-adapter"]),
    type: "module",
    exports: { ".": "./dist/index.js" },
    publishConfig: { access: "public", provenance: true },
    engines: { node: ">=22.12" },
  });
});

test("without options, limits a minute are left to what responses report", () => {
  const limits = textOf(renderTemplate({ name: "acme" }), "src/limits.ts");
  expect(limits).toContain("export const MAX_INPUTS = 96;");
  expect(limits).toContain("export const REQUESTS_PER_MINUTE: number | undefined = undefined;");
});

test("the versions that a new package asks for are those that this repository is at", async () => {
  const read = async (file: string): Promise<string> =>
    readFile(new URL(`../../../../${file}`, import.meta.url), "utf8");
  const catalog = (await read("pnpm-workspace.yaml")).replaceAll('"', "");
  const { dependencies, devDependencies, peerDependencies } = JSON.parse(
    textOf(renderTemplate({ name: "acme" }), "package.json"),
  ) as Record<"dependencies" | "devDependencies" | "peerDependencies", Record<string, string>>;
  const majorOf = async (name: string): Promise<string> => {
    const { version } = JSON.parse(await read(`packages/${name}/package.json`)) as { version: string };
    return `^${version.split(".")[0]}.0.0`;
  };
  const { "@batchwise/core": core, "@batchwise/testkit": testkit, ...tools } = devDependencies;
  expect({ core, testkit }).toEqual({ core: await majorOf("core"), testkit: await majorOf("testkit") });
  for (const [name, version] of Object.entries(tools)) expect(catalog).toContain(`\n  ${name}: ${version}\n`);
  expect(peerDependencies).toEqual({ "@batchwise/core": core });
  expect(dependencies).toEqual({ "@batchwise/adapter-kit": await majorOf("adapter-kit") });
});

test("tables are as even as the kit writes them, whatever is filled in", () => {
  for (const baseURL of ["https://a.b", `https://${"long.".repeat(20)}example`]) {
    const rows = textOf(renderTemplate({ name: "acme", baseURL, maxConcurrency: 12_345 }), "README.md").match(
      /^\|.*$/gm,
    );
    expect(new Set(rows?.slice(4).map((row) => row.length)).size).toBe(1);
    expect(rows?.slice(4).map((row) => row.indexOf("|", 2))).toEqual(rows?.slice(4).map(() => 22));
    expect(rows?.some((row) => /\| 12,345 +\|/.test(row))).toBe(true);
  }
});
