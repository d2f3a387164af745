import {
  ArgumentError,
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  type FinishReport,
  InputError,
  ProviderError,
  ResultError,
  runnable,
  Runnable,
  type RunnableSettings,
  withRetry,
} from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type ChunkEvent,
  type Codec,
  createWorker,
  distribute,
  NoWorkerError,
  postgresBackend,
  QueueDatabaseError,
  type QueueBackend,
  structuredCodec,
  type Worker,
  type WorkerOptions,
  WorkerLostError,
} from "./index.ts";
import { PostgresDatabase } from "./backend/postgres-database.ts";
import { installSchema, type Migration, MIGRATIONS } from "./backend/schema.ts";
import { startPostgres, type TestPostgres } from "./testing/postgres.ts";
import { until } from "./testing/until.ts";

const LIMIT = { timeout: 60_000 };
const double = runnable(async (input: number) => 2 * input);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

let postgres: TestPostgres;
let backend: QueueBackend;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  backend = postgresBackend({ url: postgres.url });
  client = new pg.Client(postgres.url);
  client.on("error", () => undefined);
  await client.connect();
  await backend.open();
}, 60_000);

afterAll(async () => {
  await backend?.close();
  await client?.end();
  await postgres?.[Symbol.asyncDispose]();
}, 60_000);

/** Worker that runs until the test is over. */
function workerOf(runnables: WorkerOptions["runnables"], options: Partial<WorkerOptions> = {}): Worker {
  const worker = createWorker({ backend, runnables, ...options });
  onTestFinished(() => worker.drain());
  return worker;
}

describe("a distributed batch", () => {
  test("L1 L2 gives every output in input order, by several workers", LIMIT, async () => {
    workerOf({ order: double });
    workerOf({ order: double });
    const inputs = numbers(95);
    const outputs = await distribute(double, { backend, name: "order", chunkSize: 10 }).batch(inputs);
    expect(outputs).toEqual(inputs.map((input) => 2 * input));
  });

  test("batchAsCompleted, batchInOrder and invoke are distributed, too", LIMIT, async () => {
    workerOf({ ways: double });
    const distributed = distribute(double, { backend, name: "ways", chunkSize: 3 });
    const ordered = await collect(distributed.batchInOrder(numbers(8)));
    const completed = await collect(distributed.batchAsCompleted(numbers(8)));
    const byIndex = completed.toSorted((one, two) => one.index - two.index);
    expect(ordered.map((outcome) => outcome.status === "fulfilled" && outcome.value)).toEqual(
      numbers(8).map((n) => 2 * n),
    );
    expect(byIndex).toEqual(ordered);
    expect(await distributed.invoke(21)).toBe(42);
  });

  test(
    "L14 P3 values of structured clone arrive as they are: undefined, Float32Array, Map, odd strings",
    LIMIT,
    async () => {
      const same = runnable(async (input: unknown) => input);
      workerOf({ same });
      const inputs = [
        undefined,
        null,
        0,
        "",
        false,
        Float32Array.of(1, NaN, -0),
        new Map([[1, "a"]]),
        "\0 \ud800 ü",
        10n,
      ];
      expect(await distribute(same, { backend, name: "same", chunkSize: 4 }).batch(inputs)).toEqual(inputs);
    },
  );

  test(
    "L6 P26 single failures stay in their slots, as errors of their class, with status and code",
    LIMIT,
    async () => {
      const picky = runnable(async (input: number) => {
        if (input === 1) throw new InputError("Expected an even number.");
        if (input === 3) throw new ProviderError("HTTP 503.", { status: 503, retryable: true, requestId: "r1" });
        if (input === 5) throw new TypeError("secret input 5");
        return input;
      });
      const seen: Error[] = [];
      workerOf({ picky }, { onError: (error) => seen.push(error) });
      const slots = await distribute(picky, { backend, name: "picky" }).batch(numbers(7), { returnExceptions: true });
      expect(slots.filter((slot) => !(slot instanceof Error))).toEqual([0, 2, 4, 6]);
      expect(InputError.isInstance(slots[1])).toBe(true);
      expect(slots[1]).toMatchObject({ code: "invalid_input", message: "Expected an even number." });
      expect(ProviderError.isInstance(slots[3])).toBe(true);
      expect(slots[3]).toMatchObject({ status: 503, retryable: true, requestId: "r1", code: "provider_error" });
      // P35: the message of a foreign error may hold an input.
      expect(slots[5]).toMatchObject({ name: "BatchwiseError", code: "unknown" });
      expect((slots[5] as Error).message).not.toContain("secret");
      expect(seen.map(({ message }) => message)).toContain("secret input 5");
    },
  );

  test("L10 an override of batch is used, and one failure in it does not fail its siblings", LIMIT, async () => {
    const calls: number[][] = [];
    class Overridden extends Runnable<number, number> {
      override async invoke(): Promise<number> {
        throw new Error("invoke is not the way");
      }
      override async batch(inputs: any): Promise<number[]> {
        calls.push([...inputs]);
        if (inputs.includes(2)) throw new InputError("two");
        return inputs.map((input: number) => input + 100);
      }
    }
    workerOf({ overridden: new Overridden() });
    const slots = await distribute(new Overridden(), { backend, name: "overridden" }).batch(numbers(4), {
      returnExceptions: true,
    });
    expect(slots.map((slot) => (slot instanceof Error ? slot.message : slot))).toEqual([100, 101, "two", 103]);
    expect(calls[0]).toEqual([0, 1, 2, 3]);
  });

  test("P24 a refused key ends the batch at the first chunk without a success", LIMIT, async () => {
    let calls = 0;
    const refused = runnable(async (): Promise<number> => {
      calls++;
      throw new ProviderError("HTTP 401.", { status: 401, code: "authentication", retryable: false });
    });
    workerOf({ refused });
    const error = await failureOf(
      distribute(refused, { backend, name: "refused", chunkSize: 2, maxQueued: 1 }).batch(numbers(20), {
        returnExceptions: false,
      }),
    );
    expect(error.cause).toMatchObject({ code: "authentication", status: 401 });
    expect(calls).toBeLessThanOrEqual(2);
  });

  test("call options reach the worker's Runnable, and usage comes back with its cost", LIMIT, async () => {
    const seen: unknown[] = [];
    const priced = runnable(
      async (input: string, options: CallOptions & { readonly truncate?: string }) => {
        seen.push(options.truncate);
        options.report?.({ usage: { inputTokens: 1000, outputTokens: 0 } });
        return input;
      },
      { callOptions: ["truncate"], price: { perMillionInputTokens: 2 } },
    );
    workerOf({ priced });
    let usage: unknown;
    await distribute(priced, { backend, name: "priced" }).batch(["a", "b"], {
      truncate: "END",
      onFinish: (report: FinishReport) => (usage = report.usage),
    } as BatchOptions<string, string>);
    expect(seen).toEqual(["END", "END"]);
    expect(usage).toEqual({ inputTokens: 2000, cachedInputTokens: 0, outputTokens: 0, totalTokens: 2000, cost: 0.004 });
  });

  test("caps hold: the chunks in flight fit, and a Runnable that cannot be weighed is refused", LIMIT, async () => {
    const metered = (weigh?: RunnableSettings<string, string>["weigh"]): Runnable<string, string> =>
      runnable(
        async (input: string, options: CallOptions) => {
          options.report?.({ usage: { inputTokens: 10, outputTokens: 0 } });
          return input;
        },
        { price: { perMillionInputTokens: 1 }, ...(weigh === undefined ? {} : { weigh }) },
      );
    const INPUTS = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const weighed = metered(() => ({ tokens: 10, outputTokens: 0 }));
    workerOf({ weighed });
    for (const cap of [{ maxTokens: 45 }, { maxCost: 45e-6 }]) {
      let report: FinishReport | undefined;
      const slots = await distribute(weighed, { backend, name: "weighed", chunkSize: 2 }).batch(INPUTS, {
        ...cap,
        returnExceptions: true,
        onFinish: (last) => (report = last),
      });
      expect(report?.usage.totalTokens).toBe(40);
      expect(slots.slice(0, 4)).toEqual(INPUTS.slice(0, 4));
      for (const slot of slots.slice(4)) expect(slot).toMatchObject({ code: "budget_exceeded" });
    }
    const unweighed = distribute(metered(), { backend, name: "unweighed" });
    await expect(unweighed.batch(["a"], { maxTokens: 5 })).rejects.toThrow(
      "Expected a Runnable with `weigh` for `maxTokens`",
    );
    await expect(unweighed.batch(["a"], { maxCost: 5 })).rejects.toThrow(
      "Expected a Runnable with `weigh` for `maxCost`",
    );
  });

  test(
    "P42 a worker whose provider is gone gives nothing back as failed, not even chunks of one input",
    LIMIT,
    async () => {
      let isGone = true;
      const calls: number[] = [];
      const embed = runnable(
        async (input: number) => {
          calls.push(input);
          if (isGone) throw new ProviderError("Gone.", { status: 503, retryable: true });
          return 2 * input;
        },
        { retry: { attempts: 2, minDelayMs: 1 } },
      );
      const returned: ChunkEvent[] = [];
      const onChunk = (event: ChunkEvent): void => void returned.push(event);
      workerOf({ gone: embed }, { unreadableMs: 240, pollMs: 20, onChunk });
      const batch = distribute(embed, { backend, name: "gone", chunkSize: 1, attempts: 1 }).batch(numbers(3));
      await until(() => returned.length >= 6);
      expect(returned.every(({ status }) => status === "returned")).toBe(true);
      isGone = false;
      expect(await batch).toEqual([0, 2, 4]);
      expect(calls.length).toBeGreaterThanOrEqual(15);
    },
  );

  test("a chunk that one worker cannot read is left to another that can", LIMIT, async () => {
    const other: Codec = {
      ...structuredCodec,
      decode: () => {
        throw new Error("written by a newer release");
      },
    };
    const returned: ChunkEvent[] = [];
    const onChunk = (event: ChunkEvent): void => void returned.push(event);
    workerOf({ both: double }, { codec: other, unreadableMs: 6000, pollMs: 50, onChunk });
    const distributed = distribute(double, { backend, name: "both", chunkSize: 5, attempts: 1 });
    const batch = distributed.batch(numbers(20));
    await until(() => returned.length > 0);
    workerOf({ both: double }, { pollMs: 50 });
    expect(await batch).toEqual(numbers(20).map((each) => 2 * each));
    expect(returned.every(({ status, failed }) => status === "returned" && failed === 0)).toBe(true);
  });

  test("a chunk that no worker can read fails in the end, and the worker goes on", LIMIT, async () => {
    const unread = distribute(double, { backend, name: "unread", batchId: "unread" });
    const batch = unread.batch([1, 2], { returnExceptions: true });
    const cut = "UPDATE batchwise.chunks SET options = '{\"cut' WHERE batch_id = 'unread'";
    await until(async () => ((await client.query(cut)).rowCount ?? 0) > 0);
    workerOf({ unread: double }, { unreadableMs: 300, pollMs: 20 });
    expect((await batch).map((slot) => ResultError.isInstance(slot))).toEqual([true, true]);
    expect(await distribute(double, { backend, name: "unread" }).batch([3])).toEqual([6]);
    await unread.forget();
  });

  test("messages of another version or program are left where they are, and the worker goes on", LIMIT, async () => {
    const { boss } = await backend.session();
    await boss.createQueue("mixed/1");
    const messages = [{ hello: 1 }, { batch: "b", chunk: "not-a-uuid", attempts: 3 }, null];
    const ids = await Promise.all(messages.map((data) => boss.send("mixed/1", data, { retryLimit: 0 })));
    const worker = workerOf({ mixed: double }, { unreadableMs: 100, pollMs: 20 });
    expect(await distribute(double, { backend, name: "mixed" }).batch(numbers(5))).toEqual([0, 2, 4, 6, 8]);
    await until(async () => {
      const { rows } = await client.query(
        "SELECT 1 FROM batchwise_pgboss.job WHERE name = 'mixed/1' AND retry_count > 1",
      );
      return rows.length === ids.length;
    });
    await worker.drain();
    const { rows } = await client.query("SELECT state, data FROM batchwise_pgboss.job WHERE id = ANY($1)", [ids]);
    expect(rows.map(({ state }) => state as unknown)).toEqual(ids.map(() => "retry"));
  });

  test("a custom codec writes inputs and outputs; one that it cannot write fails its item alone", LIMIT, async () => {
    const codec: Codec = {
      encode(value) {
        const text = JSON.stringify(value, (_, each: unknown) => {
          if (typeof each === "function") throw new TypeError("no functions");
          return each;
        });
        return Buffer.from(text);
      },
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
    };
    const odd = runnable(async (input: unknown) => (input === 2 ? () => 2 : input));
    workerOf({ odd }, { codec });
    const distributed = distribute(odd, { backend, name: "odd", codec });
    const slots = await distributed.batch([1, 2, () => 3, 4], { returnExceptions: true });
    expect([slots[0], slots[3]]).toEqual([1, 4]);
    expect(ResultError.isInstance(slots[1])).toBe(true);
    expect(InputError.isInstance(slots[2])).toBe(true);
    const { rows } = await client.query(
      "SELECT count(*)::int AS left FROM batchwise.chunks c JOIN batchwise.batches b ON b.id = c.batch_id WHERE b.queue = 'odd/1' AND c.report IS NULL",
    );
    expect(rows).toEqual([{ left: 0 }]);
  });

  test("L11 no more than maxQueued chunks are out, and a lazy source is pulled no further", LIMIT, async () => {
    let pulled = 0;
    function* source(): Generator<number> {
      for (;;) {
        pulled++;
        yield pulled;
      }
    }
    const held = bulkRunnable(async (inputs: readonly number[]) => inputs);
    const iterator = distribute(held, { backend, name: "held", chunkSize: 5, maxQueued: 3 }).batchAsCompleted(source());
    const first = iterator.next();
    await until(async () => (await outstanding("held/1")) === 3);
    // Twice the chunks in flight, one request that is being filled, and the one that is requested.
    expect(pulled).toBeLessThanOrEqual(2 * 3 * 5 + 5);
    workerOf({ held });
    expect(await first).toMatchObject({ done: false });
    await iterator.return?.();
    // Chunks that are no longer needed are taken off the queue.
    await until(async () => (await outstanding("held/1")) === 0);
  });

  test("L7 P12 abort settles at once, and queued chunks are never worked on", LIMIT, async () => {
    let calls = 0;
    const never = runnable(async (input: number) => {
      calls++;
      return input;
    });
    const controller = new AbortController();
    const batch = distribute(never, { backend, name: "aborted", chunkSize: 1 }).batch([1, 2], {
      signal: controller.signal,
    });
    batch.catch(() => undefined);
    await until(async () => (await outstanding("aborted/1")) === 2);
    controller.abort(new Error("enough"));
    await expect(batch).rejects.toThrow("enough");
    await until(async () => (await outstanding("aborted/1")) === 0);
    workerOf({ aborted: never });
    await distribute(double, { backend, name: "aborted", chunkSize: 1 }).batch([3]);
    expect(calls).toBe(1);
  });

  test("the caller's retries send only what failed, as chunks of their own", LIMIT, async () => {
    const tries = new Map<number, number>();
    const flaky = runnable(async (input: number) => {
      const before = tries.get(input) ?? 0;
      tries.set(input, before + 1);
      if (input % 2 === 1 && before === 0) throw new ProviderError("HTTP 500.", { status: 500, retryable: true });
      return input;
    });
    workerOf({ flaky });
    const patient = withRetry(distribute(flaky, { backend, name: "flaky", chunkSize: 4 }), { minDelayMs: 1 });
    expect(await patient.batch(numbers(8))).toEqual(numbers(8));
    expect([...tries.values()]).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  });
});

describe("a submitter that comes back", () => {
  test("P40 finds finished inputs and sends only the rest; forget deletes the batch", LIMIT, async () => {
    const calls: number[] = [];
    const counted = runnable(async (input: number) => {
      calls.push(input);
      return 2 * input;
    });
    const options = { backend, name: "back", chunkSize: 5, batchId: "report 1" } as const;
    const inputs = [...numbers(20), ...numbers(20)];
    const before = workerOf({ back: counted });
    const first = distribute(counted, options).batchAsCompleted(inputs);
    for (let each = 0; each < 10; each++) await first.next();
    await first.return?.();
    await until(async () => (await outstanding("back/1")) === 0);
    await before.drain();
    const doneBefore = calls.length;
    workerOf({ back: counted });
    const again = distribute(counted, options);
    expect(await again.batch(inputs)).toEqual(inputs.map((input) => 2 * input));
    expect(calls).toHaveLength(40);
    expect(doneBefore).toBeGreaterThanOrEqual(10);
    await again.forget();
    expect(await rowsLeft("report 1")).toBe(0);
  });

  test("P34 sends again inputs that failed with a retryable error, and no other failure", LIMIT, async () => {
    const calls: number[] = [];
    let down = true;
    const moody = runnable(async (input: number) => {
      calls.push(input);
      if (input === 0) throw new InputError("never");
      if (down && input === 2) throw new ProviderError("HTTP 503.", { status: 503, retryable: true });
      return input;
    });
    workerOf({ moody });
    const run = (): Promise<unknown[]> =>
      distribute(moody, { backend, name: "moody", chunkSize: 2, batchId: "report 5" }).batch(numbers(6), {
        returnExceptions: true,
      });
    expect((await run()).map((slot) => slot instanceof Error)).toEqual([true, false, true, false, false, false]);
    down = false;
    expect((await run()).map((slot) => slot instanceof Error)).toEqual([true, false, false, false, false, false]);
    expect(calls.slice(6)).toEqual([2]);
  });

  test("P40 finds each input by itself: in chunks of another size, in another order, more of it", LIMIT, async () => {
    const calls: number[] = [];
    const counted = runnable(async (input: number) => {
      calls.push(input);
      return 2 * input;
    });
    workerOf({ other: counted });
    const run = (chunkSize: number, inputs: readonly number[]): Promise<number[]> =>
      distribute(counted, { backend, name: "other", chunkSize, batchId: "report 6" }).batch(inputs);
    expect(await run(4, [1, 2, 3, 3, 4])).toEqual([2, 4, 6, 6, 8]);
    expect(await run(3, [9, 3, 4, 3, 3, 2, 1])).toEqual([18, 6, 8, 6, 6, 4, 2]);
    // Two of the threes were known.
    expect(calls.toSorted((one, two) => one - two)).toEqual([1, 2, 3, 3, 3, 4, 9]);
  });

  test(
    "a batch's results are in a table, by batch and index, each in its transaction with the chunk",
    LIMIT,
    async () => {
      const odd = runnable(async (input: number) => {
        if (input % 2 === 0) throw new InputError("Expected an odd number.");
        return input;
      });
      workerOf({ table: odd });
      const distributed = distribute(odd, { backend, name: "table", chunkSize: 2, batchId: "report 7" });
      await distributed.batch([1, 2, 3, 4, 5], { returnExceptions: true });
      const { rows } = await client.query<{ index: number; output: Buffer | null; failure: string | null }>(
        "SELECT index, output, failure FROM batchwise.results WHERE batch_id = 'report 7' ORDER BY index",
      );
      expect(rows.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
      expect(rows.map(({ output }) => output && structuredCodec.decode(output))).toEqual([1, null, 3, null, 5]);
      expect(rows.map(({ failure }) => failure && (JSON.parse(failure) as { code: string }).code)).toEqual([
        null,
        "invalid_input",
        null,
        "invalid_input",
        null,
      ]);
    },
  );

  test("two at once share the chunks on their way", LIMIT, async () => {
    const options = { backend, name: "shared", chunkSize: 3, batchId: "report 8" } as const;
    const first = distribute(double, options).batch(numbers(7));
    await until(async () => (await outstanding("shared/1")) === 3);
    const second = distribute(double, { ...options, chunkSize: 2 }).batch(numbers(8));
    await until(async () => (await outstanding("shared/1")) === 4);
    const calls: number[] = [];
    workerOf({ shared: runnable(async (input: number) => (calls.push(input), 2 * input)) });
    expect(await first).toEqual(numbers(7).map((input) => 2 * input));
    expect(await second).toEqual(numbers(8).map((input) => 2 * input));
    expect(calls.toSorted((one, two) => one - two)).toEqual(numbers(8));
  });

  test("may start again once the batch is forgotten", LIMIT, async () => {
    workerOf({ anew: double });
    const distributed = distribute(double, { backend, name: "anew", batchId: "report 9" });
    expect(await distributed.batch([1])).toEqual([2]);
    await distributed.forget();
    expect(await distributed.batch([1])).toEqual([2]);
  });

  test("gets new jobs for chunks whose jobs were deleted by hand", LIMIT, async () => {
    const options = { backend, name: "deleted", chunkSize: 2, batchId: "report 2" } as const;
    const controller = new AbortController();
    const first = distribute(double, options).batch(numbers(4), { signal: controller.signal });
    first.catch(() => undefined);
    await until(async () => (await outstanding("deleted/1")) === 2);
    controller.abort();
    await client.query("DELETE FROM batchwise_pgboss.job WHERE name = 'deleted/1'");
    workerOf({ deleted: double });
    expect(await distribute(double, options).batch(numbers(4))).toEqual([0, 2, 4, 6]);
  });

  test("is refused the batch of another Runnable", LIMIT, async () => {
    workerOf({ mine: double, yours: double });
    await distribute(double, { backend, name: "mine", batchId: "report 3" }).batch([1]);
    const error = await failureOf(distribute(double, { backend, name: "yours", batchId: "report 3" }).invoke(1));
    expect(ArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toContain("of another Runnable");
  });

  test("a batch whose submitter did not come back in time is deleted by the next one", LIMIT, async () => {
    workerOf({ old: double });
    await distribute(double, { backend, name: "old", batchId: "report 4", keepForMs: 1 }).batch([1]);
    await distribute(double, { backend, name: "old" }).batch([1]);
    expect(await rowsLeft("report 4")).toBe(0);
  });
});

describe("workers", () => {
  test("of another version take no chunk; the submitter learns their versions", LIMIT, async () => {
    workerOf({ versioned: double }, { version: "1" });
    const waits: unknown[] = [];
    const distributed = distribute(double, {
      backend,
      name: "versioned",
      version: "2",
      noWorkerMs: 200,
      onWaiting: (waiting) => waits.push(waiting),
    });
    await until(
      async () => (await client.query("SELECT 1 FROM batchwise.workers WHERE name = 'versioned'")).rowCount === 1,
    );
    const [error, ...others] = await distributed.batch(numbers(3), {
      returnExceptions: true,
      request: { maxInputs: 1 },
    });
    expect(NoWorkerError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain("got only workers of 1.");
    expect(others).toHaveLength(2);
    expect(waits[0]).toMatchObject({ chunks: 3, otherVersions: ["1"] });
    workerOf({ versioned: double }, { version: "2" });
    await until(async () => (await client.query("SELECT 1 FROM batchwise.workers WHERE version = '2'")).rowCount === 1);
    expect(await distributed.batch([1])).toEqual([2]);
  });

  test("a delivery that has gone to another worker changes nothing when it answers late", LIMIT, async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const events: ChunkEvent[] = [];
    const zombie = runnable(async () => {
      await release;
      return "late";
    });
    const lively = runnable(async () => "prompt");
    workerOf({ fenced: zombie }, { onChunk: (event) => events.push(event) });
    const answer = distribute(lively, { backend, name: "fenced" }).batch([1]);
    await until(async () => (await states("fenced/1")).includes("active"));
    // As pg-boss does when the heartbeats have stopped.
    await client.query("UPDATE batchwise_pgboss.job SET state = 'retry' WHERE name = 'fenced/1'");
    workerOf({ fenced: lively });
    expect(await answer).toEqual(["prompt"]);
    resolve();
    await until(() => events.length > 0);
    expect(events).toMatchObject([{ status: "lost", delivery: 1 }]);
  });

  test("stop returns chunks in progress, which does not count as an attempt; drain finishes them", LIMIT, async () => {
    const events: ChunkEvent[] = [];
    const onChunk = (event: ChunkEvent): unknown => events.push(event);
    const slow = runnable((_: number, { signal }) => {
      return new Promise<number>((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
      });
    });
    const first = createWorker({ backend, runnables: { given: slow }, onChunk });
    const answer = distribute(double, { backend, name: "given", attempts: 1 }).batch([4]);
    await until(async () => (await states("given/1")).includes("active"));
    await first.stop();
    const second = createWorker({ backend, runnables: { given: double }, onChunk });
    expect(await answer).toEqual([8]);
    await second.drain();
    expect(events).toMatchObject([
      { status: "returned", delivery: 1 },
      { status: "answered", delivery: 1, inputs: 1, failed: 0 },
    ]);
  });

  test("a chunk whose workers all ended becomes its items' errors", LIMIT, async () => {
    const answer = distribute(double, { backend, name: "unlucky", attempts: 2 }).batch(numbers(3), {
      returnExceptions: true,
    });
    await until(async () => (await outstanding("unlucky/1")) === 1);
    await client.query(
      "UPDATE batchwise.chunks SET deliveries = 2 WHERE batch_id IN (SELECT id FROM batchwise.batches WHERE queue = 'unlucky/1')",
    );
    workerOf({ unlucky: double });
    const errors = await answer;
    expect(errors.every((error) => WorkerLostError.isInstance(error))).toBe(true);
    expect(errors[0]).toMatchObject({
      code: "worker_crashed",
      retryable: false,
      message: expect.stringContaining("this chunk of 3 inputs, got 2 workers in turn that ended before.") as string,
    });
  });
});

describe("the database", () => {
  test("that cannot be reached: a clear error after reconnectMs, without the URL", LIMIT, async () => {
    await using lost = postgresBackend({ url: "postgres://user:secret@127.0.0.1:1/none", reconnectMs: 100 });
    const error = await failureOf(lost.open());
    expect(QueueDatabaseError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: "network_error", message: expect.stringContaining("ECONNREFUSED") as string });
    expect(error.message).not.toContain("secret");
    const [slot] = await distribute(double, { backend: lost, name: "lost" }).batch([1], { returnExceptions: true });
    expect(QueueDatabaseError.isInstance(slot)).toBe(true);
  });

  test("with tables of an older version: migrated, once, with their rows", LIMIT, async () => {
    const database = new PostgresDatabase(postgres.url, 4);
    const twice: Migration = (schema) => `UPDATE ${schema}.batches SET keep_ms = 2 * keep_ms`;
    await installSchema(database, "older");
    await database.query("INSERT INTO older.batches (id, queue, keep_ms) VALUES ('kept', 'a/1', 5)");
    const newer = [...MIGRATIONS, twice];
    await Promise.all([1, 2, 3].map(() => installSchema(database, "older", newer)));
    expect(await database.query("SELECT keep_ms FROM older.batches")).toEqual([{ keep_ms: 10 }]);
    expect(await database.query("SELECT version FROM older.version")).toEqual([{ version: newer.length }]);
    await database.close();
  });

  test("with tables of a newer version: a clear error", LIMIT, async () => {
    const newer = postgresBackend({ url: postgres.url, schema: "newer" });
    await newer.open();
    await newer.close();
    await client.query("UPDATE newer.version SET version = 99");
    const error = await failureOf(postgresBackend({ url: postgres.url, schema: "newer" }).open());
    expect(error.message).toContain('in schema "newer", got version 99.');
  });

  test("opened by several at once is made once", LIMIT, async () => {
    // Several rounds: about one in five has the race.
    for (let round = 0; round < 5; round++) {
      const schema = `together_${round}`;
      const backends = Array.from({ length: 4 }, () => postgresBackend({ url: postgres.url, schema }));
      await Promise.all(backends.map((each) => each.open()));
      await Promise.all(backends.map((each) => each.close()));
      const { rows } = await client.query(`SELECT version FROM ${schema}.version`);
      expect(rows).toEqual([{ version: MIGRATIONS.length }]);
    }
  });

  test("after close: an error that says so", LIMIT, async () => {
    const closed = postgresBackend({ url: postgres.url });
    await closed.close();
    await expect(distribute(double, { backend: closed, name: "closed" }).invoke(1)).rejects.toThrow(
      "Expected an open backend, got a closed one",
    );
  });
});

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** Rows that the database has of a batch, in all tables. */
async function rowsLeft(batch: string): Promise<number> {
  const { rows } = await client.query<{ left: number }>(
    `SELECT ((SELECT count(*) FROM batchwise.batches WHERE id = $1) +
      (SELECT count(*) FROM batchwise.chunks WHERE batch_id = $1) +
      (SELECT count(*) FROM batchwise.results WHERE batch_id = $1))::int AS left`,
    [batch],
  );
  return rows[0]!.left;
}

async function outstanding(queue: string): Promise<number> {
  return (await states(queue)).filter((state) => ["created", "retry", "active"].includes(state)).length;
}

async function states(queue: string): Promise<string[]> {
  const { rows } = await client.query<{ state: string }>("SELECT state FROM batchwise_pgboss.job WHERE name = $1", [
    queue,
  ]);
  return rows.map(({ state }) => state);
}
