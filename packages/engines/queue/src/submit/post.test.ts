import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresEngine, type QueueEngine } from "../index.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { structuredCodec } from "../wire/codec.ts";
import { decodeResult, encodeResult } from "../wire/result.ts";
import type { Letter, Route } from "./letter.ts";
import { post } from "./post.ts";
import { register } from "./tables.ts";

const LIMIT_MS = 60_000;
const TERMS = { queue: "post/1", attempts: 3, heartbeatSeconds: 10 };
let postgres: TestPostgres;
let engine: QueueEngine;

beforeAll(async () => {
  postgres = await startPostgres();
  engine = postgresEngine({ url: postgres.url });
  await engine.open();
}, LIMIT_MS);

afterAll(async () => {
  await engine?.close();
  await postgres?.[Symbol.asyncDispose]();
}, LIMIT_MS);

function letter(...names: readonly string[]): Letter {
  return { id: randomUUID(), inputs: names.map((name) => Buffer.from(name)), names, options: "{}" };
}

async function send(batch: string, ...letters: readonly Letter[]): Promise<Route[]> {
  await engine.run(({ boss }) => boss.createQueue(TERMS.queue));
  await engine.transaction((transaction, { schema }) => register(batch, TERMS.queue, 1e9, transaction, schema));
  return engine.transaction((transaction, session) => post(letters, batch, TERMS, transaction, session));
}

async function chunksOf(batch: string): Promise<unknown[]> {
  return engine.run(({ database, schema, bossSchema }) =>
    database.query(
      `SELECT c.indexes, c.names, (SELECT count(*)::int FROM ${bossSchema}.job j WHERE j.id = c.job_id) AS jobs
        FROM ${schema}.chunks c WHERE batch_id = $1 ORDER BY c.indexes`,
      [batch],
    ),
  );
}

test("done twice, because nobody knows whether the first time counted, a letter is one chunk with one job", async () => {
  const kept = letter("a", "b");
  const [first] = await send("twice", kept);
  const [again] = await send("twice", kept);
  expect(again).toEqual(first);
  expect(await chunksOf("twice")).toEqual([{ indexes: [0, 1], names: ["a", "b"], jobs: 1 }]);
  const passing = { ...letter("a", "b"), names: undefined };
  expect(await send("passing", passing)).toEqual(await send("passing", passing));
  expect(await chunksOf("passing")).toEqual([{ indexes: [0, 1], names: null, jobs: 1 }]);
});

test("P40 what is done is known, what is on its way is awaited, and only the rest is sent", async () => {
  const first = letter("a", "b");
  const second = letter("c", "d");
  await send("mixed", first, second);
  await answer(first, [1, new RangeError("down")]);
  const third = letter("d", "e", "a", "b");
  const [route] = await send("mixed", third);
  expect(route?.known.map(([place, result]) => [place, decodeResult(result, structuredCodec)])).toEqual([[2, 1]]);
  expect(route?.awaited).toEqual(
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
  // What failed and may go well keeps its index.
  expect(await chunksOf("mixed")).toContainEqual({ indexes: [4, 1], names: ["e", "b"], jobs: 1 });
});

async function answer({ id }: Letter, slots: readonly unknown[]): Promise<void> {
  await engine.run(async ({ database, schema }) => {
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
