import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { type Emulator, startEmulator } from "@batchwise/emulator";
import { afterAll, beforeAll, expect, it } from "vitest";
import { embed, type Ending } from "./fixtures/embed.ts";
import type { Work } from "./fixtures/work.ts";

const KILLS = Number(process.env["BATCHWISE_KILLS"] ?? 3);
const SEED = Number(process.env["BATCHWISE_SEED"] ?? randomInt(2 ** 31));
const TEXTS = 600;
const MAX_INPUTS = 10;
const MAX_CONCURRENCY = 4;

let emulator: Emulator;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-kills-"));
  emulator = await startEmulator({
    tokens: "fast",
    dimensions: 64,
    trackInputs: true,
    latency: { baseMs: 20, jitter: 0.9 },
  });
});
afterAll(async () => {
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

function workAt(name: string): Work {
  return {
    baseURL: emulator.openaiBaseURL,
    path: join(folder, `${name}.sqlite`),
    texts: TEXTS,
    maxInputs: MAX_INPUTS,
    maxConcurrency: MAX_CONCURRENCY,
  };
}

/** Texts that the provider has let in since the last reset, each as often as it was: what is paid for. */
function paid(): number {
  const counts = Object.values(emulator.stats().inputs ?? {});
  expect(counts.every(({ charged }) => charged >= 1)).toBe(true);
  expect(counts).toHaveLength(TEXTS);
  return counts.reduce((sum, { charged }) => sum + charged, 0);
}

async function whole(work: Work): Promise<Ending> {
  const ending = await embed(work).ended;
  if (ending === undefined) throw new Error("The process said nothing in the end.");
  return ending;
}

it(
  `P40 killed at any time and started again, it pays for one pass and what was in flight (${KILLS} kills, BATCHWISE_SEED=${SEED})`,
  { timeout: 60_000 + KILLS * 120_000 },
  async () => {
    const random = randomOf(SEED);
    const measured = await whole(workAt("whole"));
    expect(paid()).toBe(TEXTS);
    const extras: number[] = [];
    const hits: number[] = [];
    let tooLate = 0;
    while (extras.length < KILLS) {
      const number = extras.length + tooLate;
      emulator.reset();
      const work = workAt(`kill ${number}`);
      const first = embed(work);
      await first.begun;
      await sleep(random() * measured.tookMs);
      first.child.kill("SIGKILL");
      // It was through already: that was no kill.
      if ((await first.ended) !== undefined) {
        tooLate++;
        continue;
      }
      const second = await whole(work);
      expect(second.digest, `kill ${number}`).toBe(measured.digest);
      const extra = paid() - TEXTS;
      expect(extra, `kill ${number}`).toBeLessThanOrEqual(MAX_CONCURRENCY * MAX_INPUTS);
      expect(extra).toBeGreaterThanOrEqual(0);
      expect(second.stats.hits + second.stats.misses).toBe(TEXTS);
      extras.push(extra);
      hits.push(second.stats.hits);
      await rm(work.path, { force: true });
    }
    if (process.env["BATCHWISE_KILLS"] === undefined) return;
    const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
    console.log(
      JSON.stringify({
        seed: SEED,
        kills: KILLS,
        endedBeforeTheKill: tooLate,
        texts: TEXTS,
        batchMs: Math.round(measured.tookMs),
        textsFoundAgain: { least: Math.min(...hits), mean: sum(hits) / KILLS, most: Math.max(...hits) },
        paidTwice: { least: Math.min(...extras), mean: sum(extras) / KILLS, most: Math.max(...extras) },
        allowed: MAX_CONCURRENCY * MAX_INPUTS,
      }),
    );
  },
);

it("several processes on one file at once: both right, and the file whole", { timeout: 120_000 }, async () => {
  emulator.reset();
  const work = workAt("shared");
  const endings = await Promise.all([whole(work), whole(work), whole(work)]);
  expect(new Set(endings.map(({ digest }) => digest)).size).toBe(1);
  for (const { stats } of endings) {
    expect(stats.hits + stats.misses).toBe(TEXTS);
    expect(stats.unsaved + stats.damaged).toBe(0);
  }
  expect(paid()).toBeLessThanOrEqual(3 * TEXTS);
  const database = new DatabaseSync(work.path);
  expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  expect(database.prepare("SELECT count(*) AS count FROM entries").get()).toEqual({ count: TEXTS });
  database.close();
  const before = emulator.stats().requests;
  expect((await whole(work)).stats).toMatchObject({ hits: TEXTS, misses: 0 });
  expect(emulator.stats().requests).toBe(before);
});

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
