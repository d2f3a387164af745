import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { install } from "./install.ts";
import type { Registry } from "./registry.ts";
import type { Workplace } from "./workplace.ts";

const PACKAGES = [
  ...["cli", "core", "openai", "emulator"].map((name) => `@batchwise/${name}`),
  // What Parquet needs, in the versions of the command line's peers. Arrow's package is left out, and asked for.
  "hyparquet",
  "hyparquet-compressors",
  "hyparquet-writer",
];

const INPUTS = `{"id":"a","text":"A cat."}
{"id":"b"}
"A kitten."
`;

/** Exit code and arguments of each run, one after another. */
const RUNS = [
  [0, "run @batchwise/openai#embeddings in.jsonl --field text --estimate"],
  [1, "run @batchwise/openai#embeddings in.jsonl --field text --keep id --output out.jsonl --cache cache"],
  [1, "run @batchwise/openai#embeddings in.jsonl --field text --keep id --output out.jsonl --cache cache --resume"],
  [1, "run @batchwise/openai#embeddings in.jsonl --field text --output out.parquet --cache cache"],
  [2, "run @batchwise/openai#embeddings in.jsonl --field text --output out.arrow --cache cache"],
  [2, "run @batchwise/openai#embeding in.jsonl"],
  [0, "adapters"],
] as const;

/** Runs the commands against the emulator, and prints what was sent and what was written. */
const RUNNER = `
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { startEmulator } from "@batchwise/emulator";

const emulator = await startEmulator({ tokens: "fast", dimensions: 2 });
Object.assign(process.env, { OPENAI_API_KEY: "any", OPENAI_BASE_URL: emulator.openaiBaseURL });
for (const [expected, line] of ${JSON.stringify(RUNS)}) {
  const main = "node_modules/@batchwise/cli/dist/bin.js";
  const [code, text] = await new Promise((resolve) => {
    execFile(process.execPath, [main, ...line.split(" ")], (error, stdout, stderr) => resolve([error?.code ?? 0, stdout + stderr]));
  });
  if (code !== expected) throw new Error("Expected batchwise " + line + " to end with " + expected + ", got " + code + ":\\n" + text);
}
const rows = (await readFile("out.jsonl", "utf8")).trim().split("\\n").map((row) => JSON.parse(row));
const table = await readFile("out.parquet");
console.log(JSON.stringify({
  requests: emulator.stats().requests,
  rows: rows.map(({ output, error, id }) => [output?.length ?? error.code, id]),
  parquet: table.toString("latin1", 0, 4),
}));
await emulator.close();
`;

const EXPECTED = JSON.stringify({
  requests: 1,
  rows: [
    [2, "a"],
    ["invalid_input", "b"],
    [2, undefined],
  ],
  parquet: "PAR1",
});

/** Uses the command line and the cache on the given Node, and prints their exit codes and errors. */
const REFUSED = `
import { spawnSync } from "node:child_process";

const cache = 'import { withCache } from "@batchwise/cache"; try { withCache(); } catch (error) { console.error(error.message); process.exitCode = 1; }';
for (const args of [["node_modules/@batchwise/cli/dist/bin.js", "adapters"], ["--input-type=module", "--eval", cache]]) {
  const { status, stderr } = spawnSync(process.argv[2], args, { encoding: "utf8" });
  process.stdout.write(status + " " + stderr);
}
`;

/** Installs the command line with an adapter. Resolves to the folder. */
export async function installCommandLine(workplace: Workplace, registry: Registry): Promise<string> {
  const folder = await install(workplace, registry, "command-line", PACKAGES);
  await writeFile(join(folder, "run.js"), RUNNER);
  await writeFile(join(folder, "refused.js"), REFUSED);
  return folder;
}

/** Checks that the command line and the cache refuse a Node that is too old in one line each. */
export async function refuseOldNode(workplace: Workplace, installed: string, node: string): Promise<string> {
  const printed = await workplace.run(process.execPath, ["refused.js", node], { cwd: installed });
  if (/^(?:1 (?:error: )?Expected Node [\d.]+ or newer, got [\d.]+\. Install .*\n){2}$/.test(printed))
    return printed.trim();
  throw new Error(`Expected two lines that name the needed Node, got:\n${printed}`);
}

/** Embeds a file by command, resumes it, and lists the adapters. What has been paid for is not sent again. */
export async function runCommandLine(workplace: Workplace, installed: string, node: string): Promise<string> {
  for (const name of ["out.jsonl", "out.parquet", "cache"]) {
    await rm(join(installed, name), { recursive: true, force: true });
  }
  await writeFile(join(installed, "in.jsonl"), INPUTS);
  const printed = (await workplace.run(node, ["run.js"], { cwd: installed })).trim();
  if (printed !== EXPECTED) throw new Error(`Expected ${EXPECTED}, got ${printed}`);
  return `${RUNS.length} commands, one request`;
}
