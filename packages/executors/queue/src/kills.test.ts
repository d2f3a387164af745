import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { bulkRunnable } from "@batchwise/core";
import { distribute, postgresBackend, WorkerLostError } from "./index.ts";
import { startPostgres, type TestPostgres } from "./testing/postgres.ts";
import { spawnWorker, type WorkerProcess } from "./testing/spawn-worker.ts";

/** `BATCHWISE_KILLS=100` is the long variant; `BATCHWISE_SEED` draws other times. */
const KILLS = Number(process.env["BATCHWISE_KILLS"] ?? 3);
const ITEMS = KILLS > 5 ? 20_000 : 2000;
const HEARTBEAT_SECONDS = KILLS > 5 ? 10 : 4;
/** Restarts of the database, at equal distances. */
const RESTARTS = KILLS > 5 ? 3 : 1;
/** Average time of a worker for a chunk. */
const PAUSE_MS = KILLS > 5 ? 200 : 40;
const SEED = Number(process.env["BATCHWISE_SEED"] ?? 1);
const CHUNK = 20;
const WORKERS = 2;
const LIMIT_MS = KILLS > 5 ? 1_800_000 : 60_000;
/** Shortest time of a batch with so few workers; kills make it longer. */
const SHORTEST_MS = (0.9 * PAUSE_MS * ITEMS) / CHUNK / WORKERS;

const double = bulkRunnable<number, number>(() => Promise.reject(new Error("The workers do this.")));
let postgres: TestPostgres;
let client: pg.Client;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  vi.stubEnv("PAUSE_MS", String(PAUSE_MS));
  postgres = await startPostgres();
  await connect();
  await client.query("CREATE TABLE calls (input int)");
}, LIMIT_MS);

async function connect(): Promise<void> {
  client = new pg.Client(postgres.url);
  // The server ends under it.
  client.on("error", () => undefined);
  await client.connect();
}

afterAll(async () => {
  for (const worker of workers) await worker.end("SIGKILL");
  await client?.end();
  await postgres?.[Symbol.asyncDispose]();
}, LIMIT_MS);

const title = `${KILLS} SIGKILLs of workers over ${ITEMS} items (seed ${SEED}), ${RESTARTS} restarts of the database, two submitters`;
test(
  `L1 L2 L6 ${title}: every item has one result, and only the chunks of killed workers are called again`,
  async () => {
    const random = randomOf(SEED);
    workers.push(...Array.from({ length: WORKERS }, startWorker));
    await Promise.all(workers.map(({ working }) => working));
    const moments = Array.from({ length: KILLS }, () => random() * SHORTEST_MS).toSorted((one, two) => one - two);
    const restarting = restartEvery(SHORTEST_MS / (RESTARTS + 1));
    const killing = killAt(moments, random);
    await using backend = postgresBackend({ url: postgres.url });
    const inputs = Array.from({ length: ITEMS }, (_, index) => index);
    const halves = [inputs.slice(0, ITEMS / 2), inputs.slice(ITEMS / 2)];
    const outputs = await Promise.all(
      halves.map((half, index) =>
        distribute(double, {
          backend,
          name: "double",
          chunkSize: CHUNK,
          heartbeatSeconds: HEARTBEAT_SECONDS,
          batchId: `half ${index}`,
          attempts: KILLS + 2,
        }).batch(half),
      ),
    );
    const killed = await Promise.race([killing, Promise.resolve("the batch was over before the last kill")]);
    await restarting;
    expect(outputs.flat()).toEqual(inputs.map((input) => 2 * input));
    expect(killed).toBe(KILLS);
    // A restart may cost each worker one more delivery and one more count: whether the statements that it cut off were
    // done is not known.
    const most = KILLS + 2 * RESTARTS * WORKERS;
    await connect();
    const { rows } = await client.query<Record<"chunks" | "deliveries" | "results" | "calls" | "inputs", number>>(`
      SELECT count(*)::int AS chunks, sum(deliveries)::int AS deliveries,
        (SELECT count(*)::int FROM batchwise.results) AS results,
        (SELECT count(*)::int FROM calls) AS calls, (SELECT count(DISTINCT input)::int FROM calls) AS inputs
      FROM batchwise.chunks`);
    const { chunks, deliveries, results, calls, inputs: called } = rows[0]!;
    expect({ chunks, results, called }).toEqual({ chunks: ITEMS / CHUNK, results: ITEMS, called: ITEMS });
    expect(deliveries - chunks).toBeLessThanOrEqual(most);
    expect(calls - ITEMS).toBeLessThanOrEqual(most * CHUNK);
    console.log(`${ITEMS} items, ${KILLS} kills: ${deliveries - chunks} chunks again, ${calls - ITEMS} items again`);
  },
  LIMIT_MS,
);

test(
  "an input that kills every worker that takes it costs `attempts` of them, and only its own chunk",
  async () => {
    while (workers.filter(({ child }) => child.exitCode === null && child.signalCode === null).length < 3) {
      workers.push(startWorker());
    }
    await Promise.all(workers.map(({ working }) => working));
    await using backend = postgresBackend({ url: postgres.url });
    const distributed = distribute(double, {
      backend,
      name: "unlucky",
      chunkSize: 10,
      attempts: 2,
      heartbeatSeconds: 2,
    });
    const inputs = Array.from({ length: 30 }, (_, index) => index);
    const slots = await distributed.batch(inputs, { returnExceptions: true });
    const lost = slots.map((slot) => WorkerLostError.isInstance(slot));
    expect(lost).toEqual(inputs.map((input) => input >= 10 && input < 20));
    expect(slots.filter((_, index) => !lost[index])).toEqual(inputs.filter((input) => input < 10 || input >= 20));
    const { rows } = await client.query("SELECT count(*)::int AS calls FROM calls WHERE input = -13");
    expect(rows).toEqual([{ calls: 2 }]);
  },
  LIMIT_MS,
);

/** Kills one of the workers at each of the moments, and starts another instead. Returns their count. */
async function killAt(moments: readonly number[], random: () => number): Promise<number> {
  const begin = performance.now();
  for (const moment of moments) {
    await wait(Math.max(0, begin + moment - performance.now()));
    const from = Math.floor(random() * workers.length);
    const inTurn = [...workers.slice(from), ...workers.slice(0, from)];
    // One that is at work: ending it while it starts would prove nothing.
    const victim = await Promise.race(inTurn.map((worker) => worker.working.then(() => worker)));
    victim.child.kill("SIGKILL");
    workers[workers.indexOf(victim)] = startWorker();
  }
  return moments.length;
}

async function restartEvery(ms: number): Promise<void> {
  for (let each = 0; each < RESTARTS; each++) {
    await wait(ms);
    await postgres.restart();
  }
}

function startWorker(): WorkerProcess {
  return spawnWorker(postgres.url, "--quiet");
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
