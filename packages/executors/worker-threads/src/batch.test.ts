import { BatchError, type Completed, type FinishReport, InputError, type RequestEvent } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { afterAll, expect, it, vi } from "vitest";
import { WorkerCrashError } from "./errors.ts";
import { begun, fixture, newGate } from "./fixtures/gate.ts";
import type { Order } from "./fixtures/trouble.ts";
import { threadPool } from "./thread-pool.ts";

vi.setConfig({ testTimeout: 60_000 });

const double = threadPool<number, number>(fixture("double.ts"), { threads: 2, chunk: 4 });
const trouble = threadPool<Order, unknown>(fixture("trouble.ts"), { threads: 2, chunk: 4 });
const bulk = threadPool<number, number>(fixture("bulk.ts"), { threads: 1, chunk: 5 });
afterAll(() => Promise.all([double, trouble, bulk].map((pool) => pool.close())));

const numbers = Array.from({ length: 50 }, (_, index) => 100 + index);
const doubled = numbers.map((each) => each * 2);

it("L1 L2 batch gives an output for each input, in order, in messages of `chunk`", async () => {
  const requests: RequestEvent[] = [];
  expect(await double.batch(numbers, { onRequest: (event) => requests.push(event) })).toEqual(doubled);
  expect(requests.map((event) => event.inputs).toSorted((a, b) => b - a)).toEqual([...Array(12).fill(4), 2]);
});

it("L3 an empty batch starts no thread", async () => {
  // Its threads could not even load.
  await using pool = threadPool(fixture("exits-at-once.ts"), { threads: 1 });
  expect(await pool.batch([])).toEqual([]);
});

it("L4 batch([x]) equals [invoke(x)]", async () => {
  expect(await double.batch([21])).toEqual([await double.invoke(21)]);
});

it("L5 equal inputs keep their own slots", async () => {
  expect(await double.batch([1, 2, 1, 1, 2])).toEqual([2, 4, 2, 2, 4]);
});

it("L6 one failure leaves its siblings alone", async () => {
  const outcomes = await double.batch([1, 13, 2, 3, 13], { returnExceptions: true });
  expect(outcomes.map((each) => (each instanceof RangeError ? "refused" : each))).toEqual([
    2,
    "refused",
    4,
    6,
    "refused",
  ]);
});

it("L6 a failure without returnExceptions is a BatchError with the worker's error as its cause", async () => {
  const failure: unknown = await double.batch([1, 13]).catch((error: unknown) => error);
  expect(BatchError.isInstance(failure) && failure.cause).toBeInstanceOf(RangeError);
});

it("L7 aborting a batch of busy loops settles at once, and the pool goes on", async () => {
  const clock = new FakeClock();
  await using pool = threadPool<Order, unknown>(fixture("trouble.ts"), { threads: 2, clock });
  const gates = [newGate(), newGate(), newGate()];
  const controller = new AbortController();
  const orders = gates.map((gate): Order => ({ do: "spin", gate }));
  const running = pool.batch(orders, { signal: controller.signal });
  await Promise.all(gates.slice(0, 2).map(begun));
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  const next = pool.batch([{ do: "answer", value: "on" }]);
  await clock.advance(100);
  expect(await next).toEqual(["on"]);
  expect(gates[2]![0]).toBe(0);
});

it.each([
  [undefined, 2],
  [1, 1],
])("L8 with maxConcurrency %s, at most %d messages are under way", async (maxConcurrency, most) => {
  const invokeMany = double.invokeMany.bind(double);
  const inFlight: number[] = [0];
  let now = 0;
  const spy = vi.spyOn(double, "invokeMany").mockImplementation(async (inputs, options) => {
    inFlight.push(++now);
    try {
      return await invokeMany(inputs, options);
    } finally {
      now--;
    }
  });
  await double.batch(numbers, maxConcurrency === undefined ? {} : { maxConcurrency });
  spy.mockRestore();
  expect(Math.max(...inFlight)).toBe(most);
});

it("L11 a lazy source is pulled for the messages under way and the one being filled, no further", async () => {
  let pulled = 0;
  const gate = newGate();
  function* source(): Generator<Order> {
    for (;;) {
      pulled++;
      yield { do: "waitForAbort", gate };
    }
  }
  await using pool = threadPool<Order, unknown>(fixture("trouble.ts"), { threads: 1, chunk: 3 });
  const controller = new AbortController();
  const running = pool.batch(source(), { signal: controller.signal });
  await begun(gate);
  expect(pulled).toBeGreaterThanOrEqual(3);
  expect(pulled).toBeLessThanOrEqual(6);
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
});

it("L12 P11 nothing new starts after a fail-fast failure", async () => {
  const late = newGate();
  const orders: Order[] = [
    { do: "returnFunction" },
    ...Array.from({ length: 20 }, (): Order => ({ do: "crashOnce", gate: late })),
  ];
  await using pool = threadPool<Order, unknown>(fixture("trouble.ts"), { threads: 1 });
  await expect(pool.batch(orders)).rejects.toHaveProperty("cause.code", "invalid_result");
  await pool.invoke({ do: "thread" });
  expect(late[0]).toBe(0);
});

it("P36 a crash in the middle of a batch fails its item alone, in one request of the engine", async () => {
  const orders: Order[] = numbers.map((value) => (value === 117 ? { do: "exit" } : { do: "answer", value }));
  let report: FinishReport | undefined;
  const outcomes = await trouble.batch(orders, {
    returnExceptions: true,
    onFinish: (last) => (report = last),
  });
  expect(outcomes.map((each) => (WorkerCrashError.isInstance(each) ? "crashed" : each))).toEqual(
    numbers.map((value) => (value === 117 ? "crashed" : value)),
  );
  expect(report).toMatchObject({ status: "completed", fulfilled: 49, rejected: 1, requests: 13 });
});

it("P18 outcomes come as they complete, each with its input", async () => {
  const outcomes: Completed<number, number>[] = [];
  for await (const outcome of double.batchAsCompleted(numbers)) outcomes.push(outcome);
  expect(outcomes.toSorted((a, b) => a.index - b.index)).toEqual(
    numbers.map((input, index) => ({ index, input, status: "fulfilled", value: input * 2 })),
  );
});

it("L10 pipe uses the pool's messages: a stage of its own", async () => {
  expect(await double.pipe(double).batch(numbers)).toEqual(doubled.map((each) => each * 2));
});

it("a Runnable in the thread works on a message by its own bulk path, and reports its usage", async () => {
  let report: FinishReport | undefined;
  const outcomes = await bulk.batch(numbers.slice(0, 12), { onFinish: (last) => (report = last) });
  expect(outcomes).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 2, 2]);
  expect(report?.usage.inputTokens).toBe(12);
});

it("a Runnable in the thread keeps its items' errors apart", async () => {
  const outcomes = await bulk.batch([1, 13, 2], { returnExceptions: true });
  expect(outcomes.map((each) => (InputError.isInstance(each) ? "refused" : each))).toEqual([3, "refused", 3]);
});
