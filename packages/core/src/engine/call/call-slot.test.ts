import { expect, it } from "vitest";
import { stageContext, type TestContext } from "../../../test/engine-parts.ts";
import { runnable } from "../../compose/functions.ts";
import { CALL_SLOT } from "../../contract/marks.ts";
import type { CallReport } from "../../contract/call.ts";
import type { RunnableSettings } from "../../contract/runnable.ts";
import { rateLimiter } from "../../rate-limit/local-rate-limiter.ts";
import { CallSlot } from "./call-slot.ts";

interface Parts {
  readonly context: TestContext<number, number>;
  readonly slot: CallSlot;
  readonly report: (facts: CallReport) => void;
}

function open(settings: RunnableSettings<number> = {}, given: object = {}): Parts {
  const subject = runnable(async (input: number) => input, settings);
  const context = stageContext(subject, [], given);
  const slot = new CallSlot(context);
  return { context, slot, report: (facts) => slot.options.report?.(facts) };
}

it("hands calls the adapter's own options, the batch's signal and the slot itself, and none that steer the batch", () => {
  const { context, slot } = open({ callOptions: ["dimensions"] }, { dimensions: 8, maxConcurrency: 3 });
  const { report, ...options } = slot.options;
  expect(options).toEqual({ dimensions: 8, signal: context.batch.canceled, [CALL_SLOT]: slot });
  expect(report).toBeTypeOf("function");
  expect(Object.isFrozen(slot.options)).toBe(true);
});

it("P12 its signal is aborted when the batch is canceled, and not while it drains", () => {
  const { context, slot } = open();
  const reason = new Error("The caller has had enough.");
  context.batch.end({ status: "drained", reason }, "drain");
  expect(slot.options.signal?.aborted).toBe(false);
  context.batch.end({ status: "aborted", reason }, "cancel");
  expect(slot.options.signal?.reason).toBe(reason);
});

it("P14 is the permit of a batch inside of its call, with the limiter of which the call holds a reservation", () => {
  const limiter = rateLimiter();
  const outer = open({ limiter }).slot;
  const { context, slot } = open({}, outer.options);
  expect([outer.outer, outer.isBorrowed]).toEqual([undefined, false]);
  expect(outer.limiter).toBe(limiter);
  expect(slot.outer).toBe(outer);
  expect(slot.semaphore).toBe(context.semaphore);
});

it("adds the usage that calls report to the batch's, at the Runnable's price, and tells the caller of the batch", () => {
  const told: CallReport[] = [];
  const { context, slot, report } = open(
    { price: { perMillionInputTokens: 2 } },
    { report: (facts: CallReport) => told.push(facts) },
  );
  report({ usage: { inputTokens: 500_000 }, requestId: "one" });
  report({ usage: { inputTokens: 250_000 } });
  expect(context.batch.stats.usage).toMatchObject({ inputTokens: 750_000, cost: 1.5 });
  expect(told).toEqual([{ usage: { inputTokens: 500_000 } }, { usage: { inputTokens: 250_000 } }]);
  expect(slot.usage).toEqual({ inputTokens: 250_000 });
});

it("keeps of each fact what was reported last", () => {
  const { context, slot, report } = open();
  report({});
  expect([slot.usage, slot.limits, slot.requestId]).toEqual([undefined, undefined, undefined]);
  const limits = { tokens: { limit: 5 } };
  report({ limits, usage: { inputTokens: 1 } });
  report({ requestId: "one" });
  expect(slot).toMatchObject({ limits, requestId: "one", usage: { inputTokens: 1 } });
  report({ limits: { tokens: { limit: 6 } } });
  expect(slot).toMatchObject({ limits: { tokens: { limit: 6 } }, requestId: "one" });
  report({ requestId: "two" });
  expect(slot.requestId).toBe("two");
  expect(context.batch.stats.usage.inputTokens).toBe(1);
});
