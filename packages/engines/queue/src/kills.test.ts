import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bulkRunnable } from "@batchwise/core";
import { distribute, postgresEngine, WorkerLostError } from "./index.ts";
import { startPostgres, type TestPostgres } from "./testing/postgres.ts";
import { spawnWorker, type WorkerProcess } from "./testing/spawn-worker.ts";

/** `BATCHWISE_KILLS=100` is the long variant; `BATCHWISE_SEED` draws other times. */
const KILLS = Number(process.env["BATCHWISE_KILLS"] ?? 5);
const ITEMS = KILLS > 5 ? 20_000 : 2000;
const HEARTBEAT_SECONDS = KILLS > 5 ? 10 : 4;
const SEED = Number(process.env["BATCHWISE_SEED"] ?? 1);
const CHUNK = 20;
const WORKERS = 2;
const LIMIT_MS = KILLS > 5 ? 1_800_000 : 60_000;

const double = bulkRunnable<number, number>(() => Promise.reject(new Error("The workers do this.")));
let postgres: TestPostgres;
let client: pg.Client;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
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

const title = `${KILLS} SIGKILLs of workers over ${ITEMS} items (seed ${SEED}), a restart of the database, two submitters`;
test(
  `L1 L2 L6 ${title}: every item has its one result, and only what a killed worker held is called again`,
  async () => {
    const random = randomOf(SEED);
    for (let each = 0; each < WORKERS; each++) workers.push(spawnWorker(postgres.url, "--quiet"));
    await Promise.all(workers.map(({ working }) => working));
    const moments = Array.from({ length: KILLS }, () => Math.floor(random() * ITEMS)).toSorted((one, two) => one - two);
    const restartAt = ITEMS / 2;
    let restart: Promise<void> | undefined;
    let killed = 0;
    const done = [0, 0];
    const onDone = (): void => {
      const all = done[0]! + done[1]!;
      while (moments.length > 0 && all >= moments[0]!) {
        moments.shift();
        killed++;
        const victim = Math.floor(random() * workers.length);
        workers[victim]!.child.kill("SIGKILL");
        workers[victim] = spawnWorker(postgres.url, "--quiet");
      }
      if (all >= restartAt) restart ??= postgres.restart();
    };
    await using engine = postgresEngine({ url: postgres.url });
    const inputs = Array.from({ length: ITEMS }, (_, index) => index);
    const halves = [inputs.slice(0, ITEMS / 2), inputs.slice(ITEMS / 2)];
    const outputs = await Promise.all(
      halves.map((half, index) =>
        distribute(double, {
          engine,
          name: "double",
          chunkSize: CHUNK,
          heartbeatSeconds: HEARTBEAT_SECONDS,
          batchId: `half ${index}`,
          attempts: KILLS + 2,
        }).batch(half, {
          progressIntervalMs: 0,
          onProgress(progress) {
            done[index] = progress.done;
            onDone();
          },
        }),
      ),
    );
    await restart;
    expect(outputs.flat()).toEqual(inputs.map((input) => 2 * input));
    expect(killed).toBe(KILLS);
    // The restart may cost each worker one more delivery and one more count: of the statements that it cut off, nobody
    // knows whether they were done.
    await connect();
    const { rows } = await client.query<{ chunks: number; deliveries: number; calls: number; inputs: number }>(`
      SELECT count(*)::int AS chunks, sum(deliveries)::int AS deliveries,
        (SELECT count(*)::int FROM calls) AS calls, (SELECT count(DISTINCT input)::int FROM calls) AS inputs
      FROM batchwise.chunks`);
    const { chunks, deliveries, calls, inputs: called } = rows[0]!;
    expect({ chunks, called }).toEqual({ chunks: ITEMS / CHUNK, called: ITEMS });
    expect(deliveries - chunks).toBeLessThanOrEqual(KILLS + 2 * WORKERS);
    expect(calls - ITEMS).toBeLessThanOrEqual((KILLS + 2 * WORKERS) * CHUNK);
    console.log(`${ITEMS} items, ${KILLS} kills: ${deliveries - chunks} chunks again, ${calls - ITEMS} items again`);
  },
  LIMIT_MS,
);

test(
  "an input that kills every worker which takes it costs `attempts` of them, and only its own chunk",
  async () => {
    while (workers.filter(({ child }) => child.exitCode === null && child.signalCode === null).length < 3) {
      workers.push(spawnWorker(postgres.url, "--quiet"));
    }
    await Promise.all(workers.map(({ working }) => working));
    await using engine = postgresEngine({ url: postgres.url });
    const distributed = distribute(double, {
      engine,
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
