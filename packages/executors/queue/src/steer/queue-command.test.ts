import { once } from "node:events";
import { PassThrough } from "node:stream";
import { InputError, runnable } from "@batchwise/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createWorker, distribute, postgresBackend, type QueueBackend, runQueueCommand } from "../index.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";

const LIMIT = { timeout: 60_000 };
let postgres: TestPostgres;
let backend: QueueBackend;

beforeAll(async () => {
  postgres = await startPostgres();
  vi.stubEnv("DATABASE_URL", postgres.url);
  backend = postgresBackend();
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await backend?.close();
  await postgres?.[Symbol.asyncDispose]();
}, 60_000);

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function queue(argv: readonly string[], columns: number = 80, answer?: string): Promise<Ran> {
  const texts = { out: "", error: "" };
  const input = Object.assign(new PassThrough(), { isTTY: answer !== undefined });
  input.end(answer);
  const code = await runQueueCommand(argv, {
    out: (text) => (texts.out += text),
    error: (text) => (texts.error += text),
    input,
    columns,
  });
  return { code, ...texts };
}

const picky = (refused: () => boolean): ReturnType<typeof runnable<number, number>> =>
  runnable(async (input: number) => {
    if (input % 3 === 0 && refused()) throw new InputError("Expected another input, got this one. Change it.");
    return 2 * input;
  });

test("status, failed, retry and purge of a batch", LIMIT, async () => {
  let refuses = true;
  const inputs = [1, 2, 3, 4, 5, 6];
  const worker = createWorker({ backend, runnables: { picky: picky(() => refuses) } });
  const run = (): Promise<unknown> =>
    distribute(
      picky(() => false),
      { backend, name: "picky", batchId: "report 1", chunkSize: 2 },
    ).batch(inputs, {
      returnExceptions: true,
    });
  await run();

  for (const columns of [40, 80, 120]) {
    const { code, out } = await queue(["status"], columns);
    expect(code).toBe(0);
    expect(out).toContain("Workers: 1 of picky/1");
    expect(out.split("\n").every((line) => line.length <= columns)).toBe(true);
    for (const part of ["report 1", "picky/1", "Inputs", "Failed"]) expect(out).toContain(part);
  }
  expect((await queue(["status"], 40)).out).toMatch(/Inputs +6\nDone +6\nFailed +2\nWaiting +0\nRunning +0\n/);
  const failed = await queue(["failed", "report 1"], 40);
  expect(failed.out).toMatch(/Inputs +2\nCode +invalid_input\nStatus\nMessage +Expected another input, got this one/);
  expect((await queue(["failed"])).out).toContain("invalid_input");

  const unasked = await queue(["retry", "report 1"]);
  expect(unasked).toMatchObject({ code: 2, out: "" });
  expect(unasked.error).toContain(
    "Deletes 2 failures of batch report 1, so that its next run sends these inputs again.",
  );
  expect(unasked.error).toContain("error: Expected --yes, or a terminal to ask, got neither. Give --yes.");
  expect(await queue(["retry", "report 1"], 80, "n\n")).toMatchObject({ code: 130, out: "" });
  expect((await queue(["retry", "report 1"], 80, "y\n")).out).toBe(
    "2 inputs will be sent again when the submitter runs again.\n",
  );
  refuses = false;
  expect(await run()).toEqual([2, 4, 6, 8, 10, 12]);
  expect((await queue(["failed", "report 1"])).out).toBe("No input has failed.\n");
  await worker.drain();

  expect((await queue(["purge", "--older-than", "1", "--yes"])).out).toBe("0 batches deleted.\n");
  const purged = await queue(["purge", "report 1", "--yes"]);
  expect(purged).toEqual({ code: 0, out: "1 batch deleted.\n", error: "" });
  expect((await queue(["status"])).out).toBe("No batch is in the database.\n\nWorkers: none\n");
});

test("chunks that wait and that run are counted, and purged with their batch", LIMIT, async () => {
  const gate = new PassThrough();
  const stuck = runnable(async () => once(gate, "never"));
  const abort = new AbortController();
  const running = distribute(stuck, { backend, name: "stuck", batchId: "b", chunkSize: 1 })
    .batch([1, 2, 3], { signal: abort.signal })
    .catch(() => undefined);
  await vi.waitFor(async () => expect((await queue(["status"], 40)).out).toMatch(/Waiting +3\nRunning +0/), 20_000);
  const worker = createWorker({ backend, runnables: { stuck } });
  await vi.waitFor(async () => expect((await queue(["status"], 40)).out).toMatch(/Waiting +2\nRunning +1/), 20_000);
  abort.abort();
  await running;
  await worker.stop();
  expect((await queue(["purge", "b"], 80, "n\n")).error).toContain(
    "Deletes 1 batch, with 0 results and 3 open chunks.",
  );
  expect((await queue(["purge", "b", "--yes"])).code).toBe(0);
  expect((await queue(["status"])).out).toContain("No batch is in the database.");
});

test.each([
  [["status", "--nope"], "unknown option"],
  [["retry"], "missing required argument 'batch'"],
  [["retry", "none"], "Expected the id of a batch in the database, got another."],
  [["purge"], "Expected a batch or --older-than, got both or neither."],
  [["purge", "x", "--older-than", "x"], "Give a number from 0"],
  [["nope"], "unknown command"],
])("%j: exit code 2 and what to do", LIMIT, async (argv, message) => {
  const { code, error } = await queue(argv);
  expect(code).toBe(2);
  expect(error).toContain(message);
});

test("--help of every command", async () => {
  for (const argv of [[], ["status"], ["failed"], ["retry"], ["purge"]]) {
    const { code, out } = await queue([...argv, "--help"]);
    expect(code).toBe(0);
    expect(out).toContain("batchwise queue");
  }
});
