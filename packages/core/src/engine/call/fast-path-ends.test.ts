import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { range } from "../../../test/regressions/held-backend.ts";
import { freePermits } from "../../../test/engine-parts.ts";
import { startFastPath } from "../../../test/start-fast-path.ts";
import { ProviderError } from "../../contract/errors.ts";
import { Semaphore } from "../admission/semaphore.ts";
import { ResultSlots } from "../results/result-slots.ts";

const refused = new ProviderError("Refused.", { status: 400, retryable: false });
const unauthorized = new ProviderError("No such key.", { status: 401, retryable: false, code: "authentication" });

it("L12 P11 after the first failure of a batch that fails fast nothing starts, and what is in flight is aborted", async () => {
  const { context, backend, answer } = startFastPath(range(9));
  backend.at(1).fail(refused);
  await flush();
  expect(context.ends).toEqual([{ status: "failed", reason: refused }]);
  expect([backend.at(0).options.signal?.aborted, context.semaphore.claimants]).toEqual([true, []]);
  await answer(0);
  expect(backend.requests).toEqual([0, 1]);
  // The answer came too late to count, but its permit is free.
  expect([0 in context.values, freePermits(context.semaphore)]).toEqual([false, 2]);
});

it("drained, it starts nothing new, and ends when what is in flight has ended", async () => {
  const { context, backend, answer, path } = startFastPath(range(9), { returnExceptions: true });
  const stop = { status: "drained", reason: "enough" } as const;
  context.batch.end(stop, "drain");
  await answer(0);
  expect([context.ends, path.isIdle]).toEqual([[], false]);
  await answer(1);
  expect([context.ends, context.values.slice(0, 3), backend.calls.length]).toEqual([[stop], [0, 10], 2]);
});

it("drained while it waits for its first permit, it ends at once and takes none", () => {
  const semaphore = new Semaphore(1, undefined);
  semaphore.tryAcquire();
  const { context, backend } = startFastPath(range(9), {}, { semaphore });
  context.batch.end({ status: "drained", reason: "enough" }, "drain");
  expect(context.ends).toHaveLength(1);
  semaphore.release();
  expect([backend.calls.length, semaphore.tryAcquire()]).toEqual([0, true]);
});

it("P24 an error with which no input can succeed drains the batch", async () => {
  const { context, backend, answer } = startFastPath(range(9), { returnExceptions: true });
  backend.at(0).fail(unauthorized);
  await flush();
  await answer(1);
  expect([backend.calls.length, context.ends]).toEqual([2, [{ status: "stopped", reason: unauthorized }]]);
});

it("P24 where another stage takes on what fails, the rest goes there without a call", async () => {
  let closed = 0;
  const sink = Object.assign(new ResultSlots<number, number>(range(4)), { catches: true, close: () => closed++ });
  const { backend, answer, context } = startFastPath(range(4), { returnExceptions: true }, { sink });
  backend.at(0).fail(unauthorized);
  await flush();
  expect(closed).toBe(0);
  await answer(1);
  expect([backend.calls.length, sink.values]).toEqual([2, [unauthorized, 10, unauthorized, unauthorized]]);
  expect([closed, context.ends]).toEqual([1, [undefined]]);
});

it("ends with the error of a source that throws, once what is in flight has ended", async () => {
  const fault = new Error("The file is gone.");
  function* source(): Generator<number> {
    yield 1;
    throw fault;
  }
  const { context, answer } = startFastPath(source());
  expect(context.ends).toEqual([]);
  await answer(0);
  expect([context.values, context.ends]).toEqual([[10], [{ status: "failed", reason: fault }]]);
});

it("a fault of what takes the outcomes ends the batch, and leaks no permit", async () => {
  const fault = new Error("A fault of the sink.");
  const sink = new ResultSlots<number, number>(undefined);
  sink.fulfill = () => {
    throw fault;
  };
  const { context, answer } = startFastPath(range(9), {}, { sink });
  await answer(0);
  expect(context.ends).toEqual([{ status: "failed", reason: fault }]);
  await answer(1);
  expect(freePermits(context.semaphore)).toBe(2);
});
