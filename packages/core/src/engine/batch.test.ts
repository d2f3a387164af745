import { expect, it } from "vitest";
import { HeldBackend, reasonOf, turn, watch } from "../../test/regressions/held-backend.ts";
import { runnable } from "../compose/functions.ts";
import { ArgumentError, BatchError, BudgetError, ProviderError } from "../contract/errors.ts";
import type { BatchOptions } from "../contract/runnable.ts";
import { batch } from "./batch.ts";

const BAD = new Error("no");
const UPPER = runnable(async (input: string) => {
  if (input === "bad") throw BAD;
  return input.toUpperCase();
});

/** Batch of three, of which the first call has answered and the second one is in flight. */
async function underWay(
  options: BatchOptions = {},
): Promise<{ readonly running: ReturnType<typeof watch<unknown[]>>; readonly backend: HeldBackend<string, string> }> {
  const backend = new HeldBackend<string, string>();
  const running = watch<unknown[]>(batch(runnable(backend.call), ["a", "b", "c"], options));
  await turn();
  backend.at(0).answer("A");
  await turn();
  return { running, backend };
}

it("L1 L2 gives outputs in input order, when all are there", async () => {
  const { running, backend } = await underWay({ maxConcurrency: 3 });
  backend.at(2).answer("C");
  await turn();
  expect(running.state).toBe("pending");
  backend.at(1).answer("B");
  expect(await running.promise).toEqual(["A", "B", "C"]);
});

it("L3 L14 of nothing gives nothing, and of undefined what it gives", async () => {
  expect(await batch(UPPER, [], {})).toEqual([]);
  expect(await batch(UPPER, new Set<string>(), {})).toEqual([]);
  expect(
    await batch(
      runnable(async (_input: undefined) => undefined),
      [undefined],
      {},
    ),
  ).toEqual([undefined]);
});

it("a failure rejects, with everything that finished", async () => {
  const error = (await reasonOf(batch(UPPER, ["a", "bad", "c"], {}))) as BatchError;
  expect(error).toBeInstanceOf(BatchError);
  expect([error.cause, error.outcomes.map(({ index, status }) => [index, status])]).toEqual([
    BAD,
    [
      [0, "fulfilled"],
      [1, "rejected"],
    ],
  ]);
  expect(error.message).toBe(
    "Expected the batch to run to its end, got Error, in `cause`. 2 inputs have an outcome, in `outcomes`. With returnExceptions each failure stays in its own slot. Input 1 failed.",
  );
});

it("one outcome is one in the message", async () => {
  const { message } = (await reasonOf(batch(UPPER, ["bad"], {}))) as BatchError;
  expect(message).toContain(" 1 input has an outcome, ");
});

it("L6 with returnExceptions a failure stays in its slot", async () => {
  expect(await batch(UPPER, ["a", "bad", "c"], { returnExceptions: true })).toEqual(["A", BAD, "C"]);
});

it("L7 P12 an abort rejects at once with the signal's reason, whatever it is", async () => {
  const controller = new AbortController();
  const { running, backend } = await underWay({ signal: controller.signal });
  controller.abort("enough");
  await turn();
  expect([running.state, running.reason, backend.calls.length]).toEqual(["rejected", "enough", 2]);
});

it("L7 with returnExceptions an abort resolves, unfinished slots holding the reason", async () => {
  const controller = new AbortController();
  const { running } = await underWay({ signal: controller.signal, returnExceptions: true });
  controller.abort(BAD);
  await turn();
  expect(running.value).toEqual(["A", BAD, BAD]);
});

it("a drain waits for the calls in flight", async () => {
  const controller = new AbortController();
  const { running, backend } = await underWay({ drain: controller.signal, returnExceptions: true });
  controller.abort("closing");
  await turn();
  expect(running.state).toBe("pending");
  backend.at(1).answer("B");
  await turn();
  expect(running.value).toEqual(["A", "B", expect.objectContaining({ cause: "closing" })]);
  expect(backend.calls).toHaveLength(2);
});

it("without returnExceptions a drain rejects with its reason", async () => {
  const controller = new AbortController();
  const { running, backend } = await underWay({ drain: controller.signal });
  controller.abort("closing");
  backend.at(1).answer("B");
  await turn();
  expect(running.reason).toBe("closing");
});

it("P24 what stops a batch rejects with everything that finished; with returnExceptions it is in the open slots", async () => {
  const spent = new ProviderError("no", { code: "quota_exceeded", retryable: false });
  const subject = runnable(async (input: string) => (input === "b" ? Promise.reject(spent) : input));
  const error = (await reasonOf(batch(subject, ["a", "b", "c"], {}))) as BatchError;
  expect([error.cause, error.outcomes.length]).toEqual([spent, 2]);
  expect(await batch(subject, ["a", "b", "c"], { returnExceptions: true })).toEqual(["a", spent, spent]);
  const capped = (await reasonOf(batch(subject, ["a"], { maxTokens: 0 }))) as BatchError;
  expect([BudgetError.isInstance(capped.cause), capped.outcomes]).toEqual([true, []]);
});

it("a source that throws rejects with what came before it, with returnExceptions too", async () => {
  for (const options of [{}, { returnExceptions: true }]) {
    const inputs = {
      *[Symbol.iterator](): Generator<string> {
        yield "a";
        throw BAD;
      },
    };
    const error = (await reasonOf(batch(UPPER, inputs, options))) as BatchError;
    expect([BatchError.isInstance(error), error.cause, error.outcomes.length]).toEqual([true, BAD, 1]);
  }
});

it.for([
  ["inputs", "abc", {}],
  ["options", ["a"], { maxConcurrency: 0 }],
] as const)("%s that can't be worked with reject, and are not thrown", async ([, inputs, options]) => {
  const running = batch(UPPER, inputs as readonly string[], options);
  expect(ArgumentError.isInstance(await reasonOf(running))).toBe(true);
});
