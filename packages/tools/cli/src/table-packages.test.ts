import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test, vi } from "vitest";
import { startChild } from "./testing/child.ts";
import { pluginFolder } from "./testing/plugin.ts";
import { temporaryFolder } from "./testing/workbench.ts";
import { commandFor } from "./table-packages.ts";

const ADAPTERS = `
import { bulkRunnable } from "@batchwise/core";
export const adapters = [{
  name: "d2", kind: "embeddings", description: "Answers.", options: { type: "object", properties: {} },
  create: () => bulkRunnable(async (texts) => { console.error("sent"); return texts.map(() => new Float32Array(2)); }),
}];
`;

/** Has Node look for packages where they are not. */
function withoutPackages(...names: readonly string[]): string {
  return `
import { registerHooks } from "node:module";
const missing = new Set(${JSON.stringify(names)});
registerHooks({
  resolve: (name, context, next) =>
    next(name, missing.has(name) ? { ...context, parentURL: "file:///nowhere/index.js" } : context),
});
`;
}

async function runWithout(names: readonly string[], argv: readonly string[]): Promise<[unknown, string]> {
  const rows = parquetWriteBuffer({ columnData: [{ name: "text", data: ["one", "two"] }] });
  const folder = await pluginFolder("acme", ADAPTERS, {
    "in.parquet": new Uint8Array(rows),
    "in.feather": await readFile(new URL("fixtures/arrow/lz4.feather", import.meta.url)),
    "in.jsonl": '{"text":"one"}\n{"text":"two"}\n',
    "in.csv": "text,more\none,1\n",
  });
  const hooks = path.join(folder, "hooks.mjs");
  await writeFile(hooks, withoutPackages(...names));
  vi.stubEnv("NODE_OPTIONS", `--import=${pathToFileURL(hooks).href}`);
  const child = startChild(folder, "", ["run", "acme#d2", ...argv]);
  vi.unstubAllEnvs();
  return [await child.ended, child.said.stderr];
}

const PARQUET = ["hyparquet", "hyparquet-compressors", "hyparquet-writer"];

test.each<[does: string, missing: string, command: string, argv: readonly string[]]>([
  ["reads Parquet", "hyparquet", PARQUET.join(" "), ["in.parquet"]],
  ["reads Parquet", "hyparquet-compressors", PARQUET.join(" "), ["in.parquet"]],
  ["writes Parquet", "hyparquet-writer", PARQUET.join(" "), ["in.jsonl", "--field", "text", "--output", "out.parquet"]],
  ["reads Arrow", "apache-arrow", "apache-arrow", ["in.feather"]],
  ["reads Arrow", "lz4-napi", "lz4-napi", ["in.feather", "--field", "text"]],
  ["writes Arrow", "apache-arrow", "apache-arrow", ["in.jsonl", "--field", "text", "--output", "out.arrow"]],
])("a run that %s without %s says what installs it, and sends nothing", async (_, missing, command, argv) => {
  const [code, stderr] = await runWithout([missing], argv);
  expect(stderr).toMatch(
    new RegExp(
      `^error: Expected \`${missing}\` to be installed for files of \\.\\w+( with LZ4)?, got no such package\\. Run: npm install (-g )?${command}\n$`,
    ),
  );
  expect(code).toBe(2);
});

test.each(["in.jsonl", "in.csv"])("%s to JSONL needs none of them", async (input) => {
  const [code, stderr] = await runWithout(
    [...PARQUET, "apache-arrow"],
    [input, "--field", "text", "--output", "out.jsonl"],
  );
  expect(code, stderr).toBe(0);
});

test("the command is of the place from which the command line runs", async () => {
  const project = await temporaryFolder({ "node_modules/@batchwise/cli/package.json": "{}", "in/in.jsonl": "" });
  const cached = path.join("x", "_npx", "1", "node_modules", "@batchwise", "cli", "dist");
  expect(commandFor(["a", "b"], cached, project)).toBe("npx -p @batchwise/cli -p a -p b batchwise ...");
  const own = path.join(project, "node_modules", "@batchwise", "cli", "dist");
  expect(commandFor(["a"], own, path.join(project, "in"))).toBe("npm install a");
  expect(commandFor(["a"], own, path.dirname(project))).toBe("npm install -g a");
});
