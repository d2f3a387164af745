import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { range } from "../../../test/regressions/held-backend.ts";
import { freePermits } from "../../../test/engine-parts.ts";
import { startFastPath } from "../../../test/start-fast-path.ts";
import { ProviderError } from "../../contract/errors.ts";
import { Semaphore } from "../admission/semaphore.ts";
import { CompletionQueue, OrderedQueue } from "../results/outcome-queues.ts";

const refused = new ProviderError("Refused.", { status: 400, retryable: false });

function* endless(): Generator<number> {
  for (let index = 0; ; index++) yield index;
}

it("L3 of no inputs nothing is called, and the batch has ended", () => {
  const { context, backend } = startFastPath([]);
  expect([backend.calls.length, context.ends]).toEqual([0, [undefined]]);
});

it("L8 L11 P15 takes and calls for as many at once as it may, and the next one as soon as any of them has ended", async () => {
  const { context, backend, answer, path } = startFastPath(range(5));
  expect([backend.requests, context.source.pulled, path.isIdle]).toEqual([[0, 1], 2, false]);
  await answer(1);
  expect([backend.requests, context.source.pulled]).toEqual([[0, 1, 2], 3]);
  for (const call of [2, 3, 4]) await answer(call);
  expect([backend.requests, context.ends]).toEqual([range(5), []]);
  await answer(0);
  expect(context.values).toEqual([0, 10, 20, 30, 40]);
  expect([context.ends, path.isIdle, backend.peak]).toEqual([[undefined], true, 2]);
  expect(context.batch.stats.report("completed", 5, undefined).requests).toBe(5);
  expect(context.semaphore.claimants).toEqual([]);
});

it("L14 an output of undefined is an output", async () => {
  const { context, backend } = startFastPath([1]);
  backend.at(0).answer(undefined as never);
  await flush();
  expect([context.values, 0 in context.values, context.ends]).toEqual([[undefined], true, [undefined]]);
});

it("hands the same options to one call after another, and others to a call that overlaps", async () => {
  const { backend, answer } = startFastPath(range(3));
  await answer(1);
  expect(backend.at(2).options).toBe(backend.at(1).options);
  expect(backend.at(2).options).not.toBe(backend.at(0).options);
});

it("an input that fails has its error, and the others go on", async () => {
  const { context, backend, answer } = startFastPath(range(3), { returnExceptions: true });
  backend.at(0).fail(refused);
  await flush();
  backend.at(2).fail("no Error");
  await answer(1);
  expect(context.values).toMatchObject([refused, 10, { name: "BatchwiseError", cause: "no Error" }]);
  expect(context.ends).toEqual([undefined]);
});

it("P17 starts nothing while as many outcomes wait for the consumer as calls could bring", async () => {
  const queue = new CompletionQueue<number, number>();
  const { backend, answer } = startFastPath(endless(), {}, { sink: queue });
  await answer(0);
  await answer(1);
  expect(backend.requests).toEqual([0, 1]);
  queue.take();
  queue.wake();
  expect(backend.requests).toEqual([0, 1, 2]);
});

it("L11 outcomes that are held back for order count, to twice what can be in flight", async () => {
  const queue = new OrderedQueue<number, number>();
  const { backend, answer, context } = startFastPath(endless(), {}, { sink: queue });
  for (const call of [1, 2, 3]) await answer(call);
  expect([backend.calls.length, context.source.pulled]).toEqual([4, 4]);
  await answer(0);
  for (let each = 0; each < 4; each++) queue.take();
  queue.wake();
  expect(backend.calls.length).toBe(6);
});

it("gives its permit up after each call where another stage may want it, and takes it again", async () => {
  const semaphore = new Semaphore(1, undefined);
  const { backend, answer, context } = startFastPath(range(3), {}, { semaphore });
  let wanted = 1;
  semaphore.join({ claim: () => wanted > 0 && semaphore.tryAcquire() && wanted-- > 0 });
  await answer(0);
  expect([wanted, backend.calls.length]).toEqual([0, 1]);
  semaphore.release();
  expect(backend.at(1).options).toBe(backend.at(0).options);
  await answer(1);
  await answer(2);
  expect(context.ends).toEqual([undefined]);
});

it("puts a permit back for which it has no input", async () => {
  const semaphore = new Semaphore(2, undefined);
  const { context, answer } = startFastPath(new Set([1]), {}, { semaphore });
  expect(freePermits(semaphore)).toBe(1);
  await answer(0);
  expect([context.ends, freePermits(semaphore)]).toEqual([[undefined], 2]);
});
