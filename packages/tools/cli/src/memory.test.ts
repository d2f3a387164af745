import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { startChild } from "./testing/child.ts";
import { pluginFolder } from "./testing/plugin.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 900_000 });

/** Rows of a short vector; a million: BATCHWISE_ROWS=1000000. */
const ROWS = Number(process.env["BATCHWISE_ROWS"] ?? 60_000);
const MOST_MEGABYTES = { 8: 250, 1536: 400 } as const;

/** Adapters that answer in the process, and say at its end how much memory it took. */
const ADAPTERS = `
import { writeFileSync } from "node:fs";
import { bulkRunnable } from "@batchwise/core";
process.on("exit", () => writeFileSync("memory", String(process.resourceUsage().maxRSS)));
const adapter = (name, kind, answer) => ({
  name, kind, description: "Answers.", options: { type: "object", properties: {} },
  create: () => bulkRunnable(async (texts) => texts.map(answer), { request: { maxInputs: 1000 } }),
});
const vector = (length) => (_, at) => Float32Array.from({ length }, (__, place) => Math.sin(at + place));
export const adapters = [
  adapter("text", "chat", (text) => text),
  adapter("d8", "embeddings", vector(8)),
  adapter("d1536", "embeddings", vector(1536)),
];
`;

test.each<[output: string, dimensions: 8 | 1536]>([
  ["out.jsonl", 8],
  ["out.csv", 8],
  ["out.parquet", 8],
  ["out.arrow", 8],
  ["out.jsonl", 1536],
  ["out.parquet", 1536],
  ["out.arrow", 1536],
])("memory of a run does not grow with its rows: %s of %i dimensions", async (output, dimensions) => {
  const folder = await pluginFolder("acme", ADAPTERS);
  const rows = dimensions === 8 ? ROWS : ROWS / 10;
  const lines = Array.from({ length: rows }, (_, at) => `{"id":"row-${at}","text":"text number ${at} of a file"}\n`);
  await writeFile(path.join(folder, "in.jsonl"), lines.join(""));
  const adapter = output.endsWith("csv") ? "text" : `d${dimensions}`;
  const argv = ["run", `acme#${adapter}`, "in.jsonl", "--field", "text", "--keep", "id", "--output", output];
  const child = startChild(folder, "", argv);
  expect(await child.ended, child.said.stderr).toBe(0);
  const megabytes = Math.round(Number(await readFile(path.join(folder, "memory"), "utf8")) / 1024);
  expect(child.said.stderr).toContain(`${rows.toLocaleString("en-US")} answered`);
  if (process.env["BATCHWISE_ROWS"] !== undefined) process.stdout.write(`${output} ${dimensions} ${megabytes} MB\n`);
  expect(megabytes).toBeLessThanOrEqual(MOST_MEGABYTES[dimensions]);
});
