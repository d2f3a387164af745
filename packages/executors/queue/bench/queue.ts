import { bulkRunnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { createWorker, distribute, postgresBackend, type QueueBackend } from "../src/index.ts";
import type { Counter } from "../src/limits/counter.ts";
import { SharedLimiter } from "../src/limits/shared-limiter.ts";
import { memoryCounter } from "../src/testing/memory-counter.ts";
import { startPostgres } from "../src/testing/postgres.ts";
import { spawnWorker } from "../src/testing/spawn-worker.ts";

/**
 * Cost of a chunk on the queue, gain of a second worker, and (on a fake clock) cost of one limit that many workers
 * share. Prints one table each; of measured times, the best of the rounds.
 *
 * Run with `pnpm run bench`, on a machine that has nothing else to do. `pnpm run bench limit` runs one part alone.
 */
const ROUNDS = 5;
const CHUNKS = 500;

const parts = process.argv.slice(2);
const wanted = (part: string): boolean => parts.length === 0 || parts.includes(part);

if (wanted("limit")) await sharedLimit();
if (wanted("chunks") || wanted("workers")) {
  await using postgres = await startPostgres();
  await using backend = postgresBackend({ url: postgres.url });
  if (wanted("chunks")) await chunks(backend);
  if (wanted("workers")) await workers(backend, postgres.url);
}

/** Empty work, by a worker in this process. */
async function chunks(backend: QueueBackend): Promise<void> {
  const same = bulkRunnable(async (inputs: readonly number[]) => inputs);
  await using worker = createWorker({ backend, runnables: { same }, concurrency: 2 });
  const rows = [];
  for (const chunkSize of [1, 100]) {
    const inputs = Array.from({ length: CHUNKS * chunkSize }, (_, index) => index);
    const ms = await best(() => distribute(same, { backend, name: "same", chunkSize }).batch(inputs));
    rows.push({
      "inputs a chunk": chunkSize,
      "ms a chunk": round(ms / CHUNKS),
      "chunks a second": round((1000 * CHUNKS) / ms),
    });
  }
  console.table(rows);
  await worker.drain();
}

/** Work that waits 20 ms a chunk, as a provider would let it, by workers in processes of their own. */
async function workers(backend: QueueBackend, url: string): Promise<void> {
  await backend.run(({ database }) => database.query("CREATE TABLE calls (input int)"));
  const rows = [];
  const running = [];
  for (const count of [1, 2]) {
    running.push(spawnWorker(url, "--quiet"));
    await running.at(-1)?.working;
    const ms = await best(() => double(backend));
    rows.push({ workers: count, "items a second": round((1000 * 100 * 100) / ms) });
  }
  for (const worker of running) await worker.end("SIGKILL");
  console.table(rows);
}

function double(on: QueueBackend): Promise<number[]> {
  const elsewhere = bulkRunnable<number, number>(() =>
    Promise.reject(new Error("Expected the workers to do this, got a call.")),
  );
  const inputs = Array.from({ length: 100 * 100 }, (_, index) => index);
  return distribute(elsewhere, { backend: on, name: "double", chunkSize: 100 }).batch(inputs);
}

/** Processes that all want to call at once, for ten minutes, at a limit of 3,000 calls a minute. */
async function sharedLimit(): Promise<void> {
  const limit = 3000;
  const minutes = 10;
  const rows = [];
  for (const processes of [1, 10, 100, 1000]) {
    const clock = new FakeClock();
    const count = memoryCounter(clock, { requests: limit, inputs: Infinity, tokens: Infinity }, 61_000, 2);
    let roundTrips = 0;
    let passed = 0;
    const counter: Counter = (request) => {
      roundTrips++;
      return count(request);
    };
    for (let each = 0; each < processes; each++) {
      const limiter = new SharedLimiter({ counter, clock, graceMs: 1000, random: Math.random });
      for (let caller = 0; caller < Math.max(1, 300 / processes); caller++)
        void keepCalling(limiter, clock, () => passed++);
    }
    await clock.advance(minutes * 60_000);
    rows.push({
      processes,
      "share of the limit": `${round((100 * passed) / (limit * minutes))} %`,
      "round trips a call": round(roundTrips / passed),
      "round trips a second": round(roundTrips / (minutes * 60)),
    });
  }
  console.table(rows);
}

/** One call of half a second after another. */
async function keepCalling(limiter: SharedLimiter, clock: FakeClock, passed: () => void): Promise<never> {
  for (;;) {
    const reservation = await limiter.reserve({ requests: 1, inputs: 1, tokens: 0 });
    reservation.begin?.();
    passed();
    await new Promise<void>((resolve) => clock.after(500, resolve));
    reservation.settle({ outcome: "ok" });
  }
}

async function best(work: () => Promise<unknown>): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let each = 0; each < ROUNDS; each++) {
    const start = performance.now();
    await work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
