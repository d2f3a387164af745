import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { adapters as cohere } from "@batchwise/cohere";
import { adapters as fetcher } from "@batchwise/fetch";
import { adapters as openai } from "@batchwise/openai";
import { build, type Rolldown } from "vite";
import { describe, expect, test } from "vitest";
import { sources } from "../sources.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["@batchwise/source"];

interface Manifest {
  readonly name: string;
  readonly engines: { readonly node: string };
}

const packages = globSync("packages/{*,*/*}/package.json", { cwd: ROOT }).map((file) => ({
  folder: path.dirname(file).replaceAll("\\", "/"),
  manifest: JSON.parse(read(file)) as Manifest,
}));

describe("docs/runtimes.md", () => {
  const rows = [...read("docs/runtimes.md").matchAll(/^\| `(.*?)` +\| ([\d.]+) +\| (yes|no) +\|/gm)].map(
    ([, ...cells]) => cells.join(" "),
  );

  test("has each package, the Node that its manifest asks for, and whether its sources import modules of Node", () => {
    const expected = packages.map(({ folder, manifest }) => {
      const own = sources.filter((source) => source.path.startsWith(`${folder}/src/`));
      const importsNode = own.some(({ text }) => /^(import .*|\} from|.*\bimport\() ?"node:/m.test(text));
      return `${manifest.name} ${manifest.engines.node.replace(">=", "")} ${importsNode ? "yes" : "no"}`;
    });
    expect(rows.toSorted()).toEqual(expected.toSorted());
  });

  test("CommonJS can require each package", () => {
    // Each from its own folder, where its name leads to itself.
    const code = packages.map(
      ({ folder, manifest }) =>
        `require("node:module").createRequire(${JSON.stringify(path.join(ROOT, folder, "package.json"))})("${manifest.name}");`,
    );
    const flags = conditions.map((condition) => `--conditions=${condition}`);
    const { status, stderr } = spawnSync(process.execPath, [...flags, "-e", code.join("\n")], { encoding: "utf8" });
    expect(stderr).not.toMatch(/Error/);
    expect(status).toBe(0);
  });

  test("core can be bundled for a browser", async () => {
    const built = (await build({
      configFile: false,
      logLevel: "error",
      build: {
        write: false,
        lib: { entry: path.join(ROOT, "packages/core/src/index.ts"), formats: ["es"] },
      },
    })) as Rolldown.RolldownOutput[];
    const [{ output }] = built as [Rolldown.RolldownOutput];
    expect(output[0].code).not.toMatch(/["']node:/);
  });
});

test("docs/providers.md has the adapters of each provider by name", () => {
  const names = [...read("docs/providers.md").matchAll(/^\|.*\| `(\w+)` +\|$/gm)].map(([, name]) => name);
  const own = [...openai, ...cohere, { name: "embeddings" }, ...fetcher].map(({ name }) => name);
  expect(names).toEqual(own);
});

describe("packages/core/README.md", () => {
  const readme = read("packages/core/README.md");
  const contract = sources.filter(({ path: file }) => file.startsWith("packages/core/src/")).map(({ text }) => text);

  /** Names of the fields that an interface declares itself. */
  function fieldsOf(name: string): string[] {
    const [, body = ""] =
      new RegExp(`^export interface ${name}\\b.*?\\{\\n(.*?)^\\}`, "ms").exec(contract.join("")) ?? [];
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, field = ""]) => field);
  }

  const tables = [...readme.matchAll(/^<!-- fields: (.*) -->\n\n\|.*\n\|.*\n((?:\|.*\n)+)/gm)].map(
    ([, names = "", rows = ""]) => ({
      names,
      listed: [...rows.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
        [...cell.matchAll(/`(\w+)`/g)].map(([, field = ""]) => field),
      ),
    }),
  );

  test.for(tables)("has every field of $names, and no other", ({ names, listed }) => {
    expect(listed.toSorted()).toEqual(names.split(" ").flatMap(fieldsOf).toSorted());
  });

  test("has tables of all that a caller may set, and of what is reported", () => {
    const names = tables.flatMap((table) => table.names.split(" "));
    expect(names).toEqual(expect.arrayContaining(["RunOptions", "BatchOptions", "RunnableSettings", "RetryOptions"]));
    expect(names).toHaveLength(14);
    expect(tables.every(({ listed }) => listed.length > 1)).toBe(true);
  });

  test("has every error's code, and every name of `@batchwise/core/wrappers`", () => {
    const [, codes = ""] = /export type ErrorCode =\n(.*?);/s.exec(contract.join("")) ?? [];
    const [, ...exports] = /^export \{ (.*) \};$/m.exec(read("packages/core/src/wrappers.ts")) ?? [];
    const words = [...`${codes} ${exports.join(" ")}`.matchAll(/\w+/g)].map(([word]) => word);
    expect(words.length).toBeGreaterThan(14);
    expect(words.filter((word) => !readme.includes(`\`${word}\``))).toEqual([]);
  });
});
