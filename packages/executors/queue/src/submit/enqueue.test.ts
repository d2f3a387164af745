import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresBackend, type QueueBackend } from "../index.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { structuredCodec } from "../wire/codec.ts";
import { decodeResult, encodeResult } from "../wire/result.ts";
import type { Submission, Receipt } from "./submission.ts";
import { enqueue } from "./enqueue.ts";
import { register } from "./tables.ts";

const LIMIT_MS = 60_000;
const TERMS = { queue: "enqueue/1", attempts: 3, heartbeatSeconds: 10 };
let postgres: TestPostgres;
let backend: QueueBackend;

beforeAll(async () => {
  postgres = await startPostgres();
  backend = postgresBackend({ url: postgres.url });
  await backend.open();
}, LIMIT_MS);

afterAll(async () => {
  await backend?.close();
  await postgres?.[Symbol.asyncDispose]();
}, LIMIT_MS);

function submission(...names: readonly string[]): Submission {
  return { id: randomUUID(), inputs: names.map((name) => Buffer.from(name)), names, options: "{}" };
}

async function send(batch: string, ...submissions: readonly Submission[]): Promise<Receipt[]> {
  await backend.run(({ boss }) => boss.createQueue(TERMS.queue));
  await backend.transaction((transaction, { schema }) => register(batch, TERMS.queue, 1e9, transaction, schema));
  return backend.transaction((transaction, session) => enqueue(submissions, batch, TERMS, transaction, session));
}

async function chunksOf(batch: string): Promise<unknown[]> {
  return backend.run(({ database, schema, bossSchema }) =>
    database.query(
      `SELECT c.indexes, c.names, (SELECT count(*)::int FROM ${bossSchema}.job j WHERE j.id = c.job_id) AS jobs
        FROM ${schema}.chunks c WHERE batch_id = $1 ORDER BY c.indexes`,
      [batch],
    ),
  );
}

test("enqueued twice, because the first time may have been lost, a submission is one chunk with one job", async () => {
  const kept = submission("a", "b");
  const [first] = await send("twice", kept);
  const [again] = await send("twice", kept);
  expect(again).toEqual(first);
  expect(await chunksOf("twice")).toEqual([{ indexes: [0, 1], names: ["a", "b"], jobs: 1 }]);
  const passing = { ...submission("a", "b"), names: undefined };
  expect(await send("passing", passing)).toEqual(await send("passing", passing));
  expect(await chunksOf("passing")).toEqual([{ indexes: [0, 1], names: null, jobs: 1 }]);
});

test("P40 finished results are known, those on their way are awaited, and only the rest is sent", async () => {
  const first = submission("a", "b");
  const second = submission("c", "d");
  await send("mixed", first, second);
  await answer(first, [1, new RangeError("down")]);
  const third = submission("d", "e", "a", "b");
  const [receipt] = await send("mixed", third);
  expect(receipt?.known.map(([place, result]) => [place, decodeResult(result, structuredCodec)])).toEqual([[2, 1]]);
  expect(receipt?.awaited).toEqual(
    new Map([
      [second.id, [{ at: 1, place: 0 }]],
      [
        third.id,
        [
          { at: 0, place: 1 },
          { at: 1, place: 3 },
        ],
      ],
    ]),
  );
  // An input that failed with a retryable error keeps its index.
  expect(await chunksOf("mixed")).toContainEqual({ indexes: [4, 1], names: ["e", "b"], jobs: 1 });
});

async function answer({ id }: Submission, slots: readonly unknown[]): Promise<void> {
  await backend.run(async ({ database, schema }) => {
    await database.query(`UPDATE ${schema}.chunks SET report = '{}' WHERE id = $1`, [id]);
    for (const [at, slot] of slots.entries()) {
      const { output, failure } = encodeResult(slot, structuredCodec);
      await database.query(
        `INSERT INTO ${schema}.results SELECT batch_id, indexes[$2], names[$2], $3, $4 FROM ${schema}.chunks WHERE id = $1`,
        [id, at + 1, output, failure],
      );
    }
  });
}
