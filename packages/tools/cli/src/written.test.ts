import { readFile } from "node:fs/promises";
import path from "node:path";
import { startEmulator } from "@batchwise/emulator";
import { parse } from "csv-parse/sync";
import { expect, test, vi } from "vitest";
import { runHere } from "./testing/run-here.ts";
import { pluginFolder } from "./testing/plugin.ts";
import { rowsIn, temporaryFolder, textLines } from "./testing/workbench.ts";

// A safeguard, not a measure: machines may be busy.
vi.setConfig({ testTimeout: 120_000 });

/** Adapter of texts, which fails at "bad" while MOOD is bad. */
const MOODY = `
import { InputError, runnable } from "@batchwise/core";
export const adapters = [{
  name: "chat", kind: "chat", description: "Answers.", options: { type: "object", properties: {} },
  create: () => runnable(async (text) => {
    if (process.env.MOOD === "bad" && text === "bad") throw new InputError("Bad.");
    return text;
  }),
}];
`;

const EMBED = ["run", "@batchwise/openai#embeddings", "in.jsonl"];

test("--safe-csv has a spreadsheet take formulas for texts, also in rows of an earlier run; another format is refused", async () => {
  const texts = ["=1+1", "a", "-5", "@b", "bad"];
  const folder = await pluginFolder("acme", MOODY, {
    "in.jsonl": texts.map((text) => `${JSON.stringify({ text, name: text })}\n`).join(""),
  });
  const argv = ["run", "acme", "in.jsonl", "--field", "text", "--keep", "name", "--safe-csv", "--output"];
  const run = async (...more: string[]): Promise<{ code: unknown; stderr: string }> => {
    const child = runHere(folder, "", [...argv, ...more]);
    return { code: await child.ended, stderr: child.said.stderr };
  };
  vi.stubEnv("MOOD", "bad");
  expect((await run("out.csv", "--limit", "5")).code).toBe(1);
  vi.unstubAllEnvs();
  expect((await run("out.csv", "--retry-failed")).code).toBe(0);
  const [, ...rows] = parse(await readFile(path.join(folder, "out.csv"), "utf8"));
  const safe = ["'=1+1", "a", "-5", "'@b", "bad"];
  expect(rows.map((cells) => [cells[1], cells.at(-1)])).toEqual(safe.map((text) => [text, text]));
  expect(await run("out.jsonl")).toEqual({
    code: 2,
    stderr: "error: Expected a .csv --output for --safe-csv, got out.jsonl. Leave it out.\n",
  });
});

test("--vectors base64 writes the same vectors as numbers do, and --resume continues with it alone", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const folder = await temporaryFolder({ "in.jsonl": textLines(20) });
  const run = async (...argv: string[]): Promise<{ code: unknown; stderr: string }> => {
    const child = runHere(folder, emulator.openaiBaseURL, [...EMBED, ...argv]);
    return { code: await child.ended, stderr: child.said.stderr };
  };
  expect((await run("--output", "numbers.jsonl")).code).toBe(0);
  expect((await run("--output", "texts.jsonl", "--vectors", "base64", "--limit", "9")).code).toBe(0);
  expect((await run("--output", "texts.jsonl", "--vectors", "base64", "--resume")).code).toBe(0);
  const numbers = (await rowsIn(folder, "numbers.jsonl")).map(({ output }) => Float32Array.from(output as number[]));
  const texts = (await rowsIn(folder, "texts.jsonl")).map(({ output }) => {
    const bytes = Buffer.from(output as string, "base64");
    return Float32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
  });
  expect(texts).toEqual(numbers);
  expect(numbers.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 1536));
  const refused = await run("--output", "vectors.parquet", "--vectors", "base64");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^error: Expected JSONL for --vectors base64, got vectors\.parquet\./);
  await expect(readFile(path.join(folder, "vectors.parquet"))).rejects.toThrow(/ENOENT/);
});
