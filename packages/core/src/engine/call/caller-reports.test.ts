import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { chunkOf, stageContext, type TestContext } from "../../../test/engine-parts.ts";
import { bulkRunnable } from "../../compose/functions.ts";
import { ProviderError } from "../../contract/errors.ts";
import type { Settlement } from "../../contract/rate-limiter.ts";
import type { Progress, RequestEvent, Usage } from "../../contract/report.ts";
import type { CallOptions, CallReport } from "../../contract/call.ts";
import type { BatchOptions } from "../../contract/runnable.ts";
import { Admission } from "../admission/admission.ts";
import { Settler } from "../results/settler.ts";
import { Caller } from "./caller.ts";

type Call = (inputs: readonly number[], options: CallOptions) => Promise<readonly number[]>;

const busy = new ProviderError("Busy.", { status: 503, retryable: true });

interface Parts {
  readonly context: TestContext<number, number>;
  /** Calls for a chunk of two inputs of 10 tokens each. Returns the end of its reservation. */
  readonly attempt: () => Promise<Settlement>;
}

function open(
  call: Call,
  given: BatchOptions<number, number> & { readonly clock?: FakeClock } = {},
  lookUp: boolean = false,
): Parts {
  const subject = bulkRunnable(call, { retry: { attempts: 9 }, weigh: () => ({ tokens: 10 }), lookUp });
  const context = stageContext(subject, [], { returnExceptions: true, ...given });
  const caller = new Caller(context, new Admission(context), new Settler(context));
  const chunk = chunkOf([1, 2], 0, 10);
  const attempt = async (): Promise<Settlement> => {
    const settled: Settlement[] = [];
    await caller.attempt(chunk, { reservation: { settle: (settlement) => settled.push(settlement) } });
    expect(settled).toHaveLength(1);
    return settled[0] as Settlement;
  };
  return { context, attempt };
}

/** Call that reports facts and answers, or fails. */
const callThat =
  (facts: CallReport | undefined, error?: Error): Call =>
  async (inputs, { report }) => {
    if (facts !== undefined) report?.(facts);
    if (error !== undefined) throw error;
    return inputs;
  };

it.for([
  ["an answer", undefined, "ok", undefined],
  ["a refusal", new ProviderError("Slow down.", { code: "rate_limited", retryable: true }), "limited", undefined],
  ["a 429 with a wait", Object.assign(new Error("429"), { status: 429, retryAfterMs: 500 }), "limited", 500],
  [
    "a 503 with a wait",
    new ProviderError("Busy.", { status: 503, retryable: true, retryAfterMs: 70 }),
    "unavailable",
    70,
  ],
  ["any other error", new Error("The socket was closed."), "failed", undefined],
] as const)("the limiter is told how a call has ended: %s", async ([, error, outcome, retryAfterMs]) => {
  const { attempt } = open(callThat(undefined, error));
  expect(await attempt()).toEqual({ outcome, retryAfterMs, used: undefined, limits: undefined });
});

it.for([
  [{ inputTokens: 7 }, 7],
  [{ inputTokens: 7, outputTokens: 2 }, 9],
  [{ inputTokens: 7, outputTokens: 2, totalTokens: 12 }, 12],
  [{ totalTokens: 0 }, 0],
] as const satisfies [Usage, number][])("P28 of usage %j the limiter is told %d tokens", async ([usage, tokens]) => {
  const { inputTokens, outputTokens }: Usage = usage;
  const used = { requests: 1, inputs: 2, tokens, inputTokens, outputTokens };
  expect((await open(callThat({ usage })).attempt()).used).toEqual(used);
  expect((await open(callThat({ usage }, busy)).attempt()).used).toEqual(used);
});

// https://platform.claude.com/docs/en/api/rate-limits: input read from the cache does not count against its limit.
it("P28 of input that no limit counts the limiter is told nothing, and a cap all", async () => {
  const usage = { inputTokens: 900, cachedInputTokens: 800, uncountedInputTokens: 800, outputTokens: 10 };
  const { attempt, context } = open(callThat({ usage }));
  expect((await attempt()).used).toMatchObject({ tokens: 110, inputTokens: 100, outputTokens: 10 });
  expect(context.batch.stats.usage).toMatchObject({ inputTokens: 900, cachedInputTokens: 800, totalTokens: 910 });
});

it("P9 usage that does not say how many tokens went in leaves what was reserved", async () => {
  expect((await open(callThat({ usage: { outputTokens: 2 } })).attempt()).used).toBeUndefined();
  expect((await open(callThat({ usage: { cost: 1 } })).attempt()).used).toBeUndefined();
});

it("limits that a response reports reach the limiter, of a call that failed, too", async () => {
  const limits = { requests: { limit: 60, remaining: 0 } };
  expect((await open(callThat({ limits })).attempt()).limits).toBe(limits);
  expect((await open(callThat({ limits }, busy)).attempt()).limits).toBe(limits);
});

it("what the provider counts for an answer is learned for the next chunks, and nothing from a failure", async () => {
  const usage = { totalTokens: 5 };
  const failed = open(callThat({ usage }, busy));
  await failed.attempt();
  expect(failed.context.options.calibration?.factor).toBe(1);
  const answered = open(callThat({ usage }));
  await answered.attempt();
  expect(answered.context.options.calibration?.factor).toBeLessThan(1);
});

it("onRequest hears of every call: its inputs, its attempt, how long it took, and what it reported or threw", async () => {
  const clock = new FakeClock();
  const events: RequestEvent[] = [];
  const answers = [busy, undefined];
  const call: Call = async (inputs, options) => {
    await clock.advance(30);
    return callThat({ usage: { totalTokens: 5 }, requestId: "one" }, answers.shift())(inputs, options);
  };
  const { attempt, context } = open(call, { clock, onRequest: (event) => events.push(event) });
  await attempt();
  await attempt();
  const facts = { inputs: 2, durationMs: 30, usage: { totalTokens: 5 }, requestId: "one" };
  expect(events).toEqual([
    { ...facts, attempt: 1, error: busy },
    { ...facts, attempt: 2, error: undefined },
  ]);
  expect(context.batch.stats.report("completed", 0, undefined).requests).toBe(2);
});

it.for([
  ["counts as a request, in flight until it ends", false, 100, 1],
  ["that reaches no provider is held to no cap and counts as no request", true, 1, 0],
] as const)("a call %s", async ([, lookUp, maxTokens, requests]) => {
  const events: RequestEvent[] = [];
  const progress: Progress[] = [];
  const look = (): void => parts.context.batch.stats.progress(undefined, true);
  const call: Call = async (inputs) => {
    look();
    return inputs;
  };
  const hooks = {
    onRequest: (event: RequestEvent) => events.push(event),
    onProgress: (each: Progress) => progress.push(each),
    // Only at the end, and where this test asks for it.
    progressIntervalMs: Infinity,
  };
  const parts = open(call, { ...hooks, maxTokens }, lookUp);
  await parts.attempt();
  look();
  expect([parts.context.values, events.length]).toEqual([[1, 2], requests]);
  const counts = [progress[0], progress.at(-1)].map((each) => [each?.inFlight, each?.requests]);
  expect(counts).toEqual([
    [requests, 0],
    [0, requests],
  ]);
});
