import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { systemClock } from "@batchwise/core";
import { describe, expect, it } from "vitest";
import { answerOf, FakeProvider } from "./testing/fake-provider.ts";
import { serve } from "./testing/provider-server.ts";

const KILLS = Number(process.env["BATCHWISE_KILLS"] ?? 3);
const SEED = Number(process.env["BATCHWISE_SEED"]) || Date.now() % 1_000_000;
/** Kills of one batch, before it may complete. */
const KILLS_A_BATCH = 5;
const PROCESS = fileURLToPath(new URL("fixtures/batch-process.ts", import.meta.url));
const CONDITIONS = process.env["BATCHWISE_TEST_DIST"] === undefined ? ["--conditions=@batchwise/source"] : [];
const INPUTS = Array.from({ length: 12 }, (_, index) => `text ${index}`);

describe("P40 SIGKILL", () => {
  it(
    `creates no job twice: ${KILLS} kills, BATCHWISE_SEED=${SEED}`,
    async () => {
      const random = randomOf(SEED);
      const { tookMs, sent } = await batchWithKills([]);
      const timesSent = [sent];
      for (let kills = 0; kills < KILLS; kills += KILLS_A_BATCH) {
        const times = Array.from({ length: Math.min(KILLS_A_BATCH, KILLS - kills) }, () => random() * tookMs);
        timesSent.push((await batchWithKills(times)).sent);
      }
      expect(timesSent.flat().filter((times) => times !== 1)).toEqual([]);
    },
    30_000 + KILLS * 10_000,
  );
});

/**
 * One batch, killed at each of these times (milliseconds after it has begun), and then run to its end. Returns the
 * milliseconds of the last run, and how often each input was sent.
 */
async function batchWithKills(
  times: readonly number[],
): Promise<{ readonly tookMs: number; readonly sent: readonly number[] }> {
  const folder = await mkdtemp(join(tmpdir(), "batchwise-kills-"));
  const provider = new FakeProvider({ clock: systemClock, fate: (job) => ({ durationMs: 100 * job }) });
  try {
    await using server = await serve(provider, 10);
    for (const ms of times) await run(server.url, folder, ms);
    const ended = await run(server.url, folder);
    expect(ended).toMatchObject({ complaint: "", code: 0 });
    expect(JSON.parse(await readFile(join(folder, "outputs.json"), "utf8"))).toEqual(INPUTS.map(answerOf));
    return { tookMs: ended.tookMs, sent: INPUTS.map((input) => provider.timesSent(input)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One process, from its start to its end. */
async function run(
  url: string,
  folder: string,
  killAfterMs?: number,
): Promise<{
  readonly code: number | null;
  readonly complaint: string;
  readonly tookMs: number;
}> {
  const child = spawn(process.execPath, [...CONDITIONS, PROCESS, url, folder], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  const texts = text(child.stderr!);
  const closed = once(child, "close") as Promise<[code: number | null]>;
  await Promise.race([once(child, "message"), closed]);
  const began = performance.now();
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  const [code] = await closed;
  clearTimeout(timer);
  return { code, complaint: await texts, tookMs: performance.now() - began };
}

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
