import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { HeldBackend, reasonOf } from "../../../test/regressions/held-backend.ts";
import { chunkOf, stageContext, type TestContext } from "../../../test/engine-parts.ts";
import { bulkRunnable, runnable } from "../../compose/functions.ts";
import { BudgetError, ProviderError, TimeoutError } from "../../contract/errors.ts";
import type { Settlement } from "../../contract/rate-limiter.ts";
import type { CallReport } from "../../contract/call.ts";
import type { BatchOptions, RunnableSettings } from "../../contract/runnable.ts";
import { Admission } from "../admission/admission.ts";
import type { Pass } from "../admission/pass.ts";
import type { Chunk } from "../intake/chunk.ts";
import type { Failure } from "../../recovery/failure.ts";
import { Settler } from "../results/settler.ts";
import { Caller } from "./caller.ts";

type Numbers = readonly number[];

const UNUSED: Settlement = { outcome: "failed", used: { requests: 0, inputs: 0, tokens: 0 } };
const busy = new ProviderError("Busy.", { status: 503, retryable: true });

interface Parts {
  readonly context: TestContext<number, number>;
  readonly admission: Admission;
  readonly settler: Settler<number, number>;
  readonly backend: HeldBackend<Numbers, Numbers>;
  readonly attempt: (chunk: Chunk<number>) => Promise<Failure<number> | undefined>;
  /** Ends of reservations, in order, with the outcomes that there were by then. */
  readonly settled: Settlement[];
  readonly valuesThen: Numbers[];
}

/** Caller of a bulk backend whose answers are held back. A second call is made where that may help. */
function open(settings: RunnableSettings<number, number> = {}, given: Omit<BatchOptions, "clock"> = {}): Parts {
  const backend = new HeldBackend<Numbers, Numbers>();
  const subject = bulkRunnable(backend.call, { retry: { attempts: 2 }, maxConcurrency: 9, ...settings });
  const context = stageContext(subject, [], { returnExceptions: true, ...given });
  const admission = new Admission(context);
  const settler = new Settler(context);
  const caller = new Caller(context, admission, settler);
  const settled: Settlement[] = [];
  const valuesThen: Numbers[] = [];
  const settle = (settlement: Settlement): void => {
    settled.push(settlement);
    valuesThen.push([...(context.values as Numbers)]);
  };
  const pass: Pass = { reservation: { settle } };
  const attempt: Parts["attempt"] = (chunk) => caller.attempt(chunk, pass);
  return { context, admission, settler, backend, attempt, settled, valuesThen };
}

it("calls with a chunk's inputs and settles what the answer brings", async () => {
  const { context, backend, attempt } = open();
  const attempting = attempt(chunkOf([1, 2, 3]));
  expect(backend.requests).toEqual([[1, 2, 3]]);
  backend.at(0).answer([10, 20, 30]);
  expect(await attempting).toBeUndefined();
  expect(context.values).toEqual([10, 20, 30]);
});

it("calls a Runnable for single inputs with the input itself", async () => {
  const subject = runnable(async (input: number) => input + 1);
  const context = stageContext(subject, []);
  const settler = new Settler(context);
  const caller = new Caller(context, new Admission(context), settler);
  expect(await caller.attempt(chunkOf([1]), { reservation: undefined })).toBeUndefined();
  expect(context.values).toEqual([2]);
});

it("L9 what a call does to its array does not change what is sent again, and every call of a chunk counts", async () => {
  const { backend, attempt } = open();
  const chunk = chunkOf([1, 2]);
  const attempting = attempt(chunk);
  (backend.at(0).request as number[]).length = 0;
  backend.at(0).fail(busy);
  expect(await attempting).toEqual({ chunk, error: busy, isWhole: true });
  expect([chunk.inputs, chunk.attempts]).toEqual([[1, 2], 1]);
  void attempt(chunk);
  expect([backend.at(1).request, chunk.attempts]).toEqual([[1, 2], 2]);
});

it("P8 a thrown value that is not an Error is wrapped", async () => {
  const { backend, attempt } = open();
  const attempting = attempt(chunkOf([1]));
  backend.at(0).fail({ status: 503 });
  expect((await attempting)?.error).toMatchObject({ name: "BatchwiseError", cause: { status: 503 } });
});

it("P12 sends nothing once the batch is ending, and gives the reservation back unused", async () => {
  const { context, backend, attempt, settled, admission } = open();
  const chunk = chunkOf([1]);
  context.batch.end({ status: "drained", reason: undefined }, "drain");
  expect(await attempt(chunk)).toBeUndefined();
  expect([backend.calls.length, chunk.attempts, admission.isBusy, settled]).toEqual([0, 0, false, [UNUSED]]);
});

it("P56 waits where a cap allows no more besides what is in flight; where it does not with nothing there, the batch drains", async () => {
  const { context, backend, attempt, settled } = open({}, { maxTokens: 25 });
  const first = attempt(chunkOf([1], 0, 10));
  backend.at(0).options.report?.({ usage: { totalTokens: 5 } });
  backend.at(0).answer([1]);
  await first;
  const [second, third] = [attempt(chunkOf([2], 0, 15)), attempt(chunkOf([3], 0, 10))];
  await flush();
  expect([backend.calls.length, context.batch.isEnding]).toEqual([2, false]);
  backend.at(1).options.report?.({ usage: { totalTokens: 15 } });
  backend.at(1).answer([2]);
  await second;
  expect(await third).toBeUndefined();
  expect(backend.calls).toHaveLength(2);
  expect(settled).toContainEqual(UNUSED);
  expect(context.batch.draining.reason).toBeInstanceOf(BudgetError);
  expect(context.batch.canceled.aborted).toBe(false);
});

it("L12 is busy until its outcomes are settled, and only then its reservation is", async () => {
  const checked = Promise.withResolvers<void>();
  const validate = async (value: unknown): Promise<{ value: number }> => {
    await checked.promise;
    return { value: Number(value) };
  };
  const schema = { "~standard": { version: 1, vendor: "test", validate } } as const;
  const { admission, backend, attempt, settled, valuesThen } = open({ schema });
  const attempting = attempt(chunkOf([1]));
  expect(admission.isBusy).toBe(true);
  backend.at(0).answer([7]);
  await flush();
  expect([admission.isBusy, settled]).toEqual([true, []]);
  checked.resolve();
  await attempting;
  expect([admission.isBusy, valuesThen]).toEqual([false, [[7]]]);
});

it("settles nothing that comes after the batch is over, but the reservation", async () => {
  const { context, settler, backend, attempt, settled } = open();
  const attempting = attempt(chunkOf([1]));
  settler.close();
  const failing = attempt(chunkOf([2]));
  backend.at(0).answer([1]);
  backend.at(1).fail(busy);
  expect(await Promise.all([attempting, failing])).toEqual([undefined, undefined]);
  expect(context.values).toEqual([]);
  expect(settled).toMatchObject([{ outcome: "ok" }, { outcome: "unavailable" }]);
});

it("P13 gives a call up that takes too long", async () => {
  const { context, backend, attempt } = open({ timeoutMs: 100 });
  const attempting = attempt(chunkOf([1]));
  await context.clock.advance(100);
  expect((await attempting)?.error).toBeInstanceOf(TimeoutError);
  expect(backend.at(0).options.signal?.aborted).toBe(true);
});

it("calls that overlap have slots of their own; one that is free is used again, without what the last call left there", async () => {
  const { backend, attempt, settled } = open();
  const reports: CallReport = { usage: { totalTokens: 4 }, limits: { tokens: { limit: 9 } } };
  const first = attempt(chunkOf([1]));
  void attempt(chunkOf([2]));
  const { options } = backend.at(0);
  expect(backend.at(1).options).not.toBe(options);
  options.report?.(reports);
  backend.at(0).answer([1]);
  await first;
  // Too late: its call has ended.
  options.report?.(reports);
  const third = attempt(chunkOf([3]));
  void attempt(chunkOf([4]));
  expect(backend.at(2).options).toBe(options);
  expect(backend.at(3).options).not.toBe(options);
  backend.at(2).answer([3]);
  await third;
  expect(settled).toMatchObject([{ used: { tokens: 4 } }, { used: undefined, limits: undefined }]);
});

it("P28 gives the reservation back where onRequest throws", async () => {
  const fault = new Error("A fault of the hook.");
  const onRequest = (): never => {
    throw fault;
  };
  const { admission, backend, attempt, settled } = open({}, { onRequest });
  const attempting = reasonOf(attempt(chunkOf([1])));
  backend.at(0).answer([1]);
  expect(await attempting).toBe(fault);
  expect(admission.isBusy).toBe(false);
  expect(settled).toHaveLength(1);
});
