import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CohereEmbeddings } from "@batchwise/cohere";
import type { Runnable } from "@batchwise/core";
import { type Emulator, type EmulatorOptions, startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { FakeClock, runOn } from "@batchwise/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { folderStore } from "./folder-store.ts";
import type { JobEvent } from "./job-event.ts";
import { offline } from "./offline.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-jobs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const TEXTS = Array.from({ length: 30 }, (_, index) => `A text, number ${index}, that a model turns into a vector.`);

const providers: Readonly<Record<string, (emulator: Emulator) => Runnable<string, Float32Array>>> = {
  OpenAI: ({ openaiBaseURL }) => new OpenAIEmbeddings({ dimensions: 8, apiKey: "key", baseURL: openaiBaseURL }),
  Cohere: ({ cohereBaseURL }) =>
    new CohereEmbeddings({
      model: "embed-v4.0",
      inputType: "search_document",
      outputDimension: 256,
      apiKey: "key",
      baseURL: cohereBaseURL,
    }),
};

const ODD_ROWS = (["cut", "missing", "null", "twice", "zero"] as const).map((row) => ({ row, rate: 0.05 }));
const troubles: readonly (readonly [name: string, options: EmulatorOptions])[] = [
  ["nothing goes wrong", {}],
  ["files come late", { jobs: { missingFileMs: 60 } }],
  ["jobs expire half-way", { jobs: { expireRate: 0.5 } }],
  ["lines fail", { jobs: { lineErrorRate: 0.1 } }],
  ["the answers to creations are lost", { jobs: { lostCreateRate: 0.7 } }],
  ["a file is not found at once", { jobs: { fileNotFoundOnce: true } }],
  ["fields are null", { jobs: { nulls: true } }],
  ["P53 rows are odd", { jobs: { rows: ODD_ROWS } }],
  ["P53 rows are odd, and counts are 0", { jobs: { rows: ODD_ROWS, counts: "zero", omitEnd: true } }],
  ["P53 rows are odd, and there are no counts", { jobs: { rows: ODD_ROWS, counts: "missing", omitEnd: true } }],
  ["P53 counts are wrong of lines that fail", { jobs: { lineErrorRate: 0.1, counts: "completed" } }],
  ["P53 results are one list", { jobs: { file: "list", rows: ODD_ROWS.slice(1) } }],
  ["P53 results are in UTF-16", { jobs: { file: "utf16", rows: ODD_ROWS } }],
  ["P53 results have Windows' ends of lines", { jobs: { file: "crlf", rows: ODD_ROWS } }],
  ["calls fail", { faults: { serverErrorRate: 0.15, resetRate: 0.1 } }],
];

describe.each(Object.entries(providers))("%s's jobs give what its live endpoint gives", (name, create) => {
  it.each(troubles)("where %s", async (_, options) => {
    await using calm = await startEmulator({ seed: 5, tokens: "fast" });
    await using emulator = await startEmulator({ seed: 5, tokens: "fast", ...options });
    const clock = new FakeClock();
    const events: JobEvent[] = [];
    const jobs = offline(create(emulator), {
      clock,
      store: folderStore(folder),
      attempts: 10,
      onJob: (event) => void events.push(event),
    });
    expect(await runOn(clock, jobs.batch(TEXTS))).toEqual(await create(calm).batch(TEXTS));
    const created = events.flatMap((event) => (event.type === "created" ? [event.tag] : []));
    expect(new Set(created).size, name).toBe(emulator.stats().jobs.created);
  });
});

it("a job of OpenAI's costs half of the same calls made live", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const live = new OpenAIEmbeddings({ apiKey: "key", baseURL: emulator.openaiBaseURL });
  const costs: number[] = [];
  const onFinish = ({ usage }: { readonly usage: { readonly cost: number } }): void => void costs.push(usage.cost);
  await live.batch(TEXTS, { onFinish });
  await offline(live, { store: folderStore(folder) }).batch(TEXTS, { onFinish });
  expect(costs[0]).toBeGreaterThan(0);
  expect(costs[1]).toBeCloseTo(costs[0]! / 2, 15);
});
