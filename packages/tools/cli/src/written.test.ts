import { readFile } from "node:fs/promises";
import path from "node:path";
import { startEmulator } from "@batchwise/emulator";
import { expect, test, vi } from "vitest";
import { startChild } from "./testing/child.ts";
import { rowsIn, temporaryFolder, textLines } from "./testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const EMBED = ["run", "@batchwise/openai#embeddings", "in.jsonl"];

test("--vectors base64 writes the same vectors as numbers do, and --resume continues with it alone", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const folder = await temporaryFolder({ "in.jsonl": textLines(20) });
  const run = async (...argv: string[]): Promise<{ code: unknown; stderr: string }> => {
    const child = startChild(folder, emulator.openaiBaseURL, [...EMBED, ...argv]);
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
