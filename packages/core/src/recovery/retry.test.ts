import { expect, it } from "vitest";
import { chunkOf, freePermits, stageParts, type StageParts } from "../../test/engine-parts.ts";
import { reasonOf, turn } from "../../test/regressions/held-backend.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { sleep } from "../contract/clock.ts";
import { InputError, ProviderError } from "../contract/errors.ts";
import type { RateLimiter } from "../contract/rate-limiter.ts";
import type { RetryEvent } from "../contract/report.ts";
import type { BatchOptions } from "../contract/runnable.ts";
import { Admission } from "../engine/admission/admission.ts";
import { Caller } from "../engine/call/caller.ts";
import { Unfinished } from "../engine/resolve/call-strategy.ts";
import type { Failure } from "./failure.ts";
import { Settler } from "../engine/results/settler.ts";
import { Retry } from "./retry.ts";

const BUSY = new ProviderError("no", { status: 503, retryable: true });
const BAD = new InputError("no");
const REFUSED = new ProviderError("no", { code: "authentication", retryable: false });
const PATIENT: BatchOptions = { retry: { attempts: 3, minDelayMs: 100, jitter: 0 } };

/** Answer of one call: an error is thrown. Calls without one of their own succeed. */
type Answer = Error | readonly unknown[];

/** Retry of a stage whose calls get these answers, one after another; and the time and the inputs of each call. */
function retrying(
  options: BatchOptions,
  ...answers: readonly Answer[]
): StageParts<string, unknown> & { readonly retry: Retry<string, unknown>; readonly calls: string[] } {
  const calls: string[] = [];
  const subject = bulkRunnable<string, unknown>(async (inputs) => {
    const answer = answers[calls.length] ?? inputs.map((input) => input.toUpperCase());
    calls.push(`${parts.clock.now()} ${inputs.join("")}`);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const parts: StageParts<string, unknown> = stageParts(subject, [], options);
  const retry = new Retry(parts.context, parts.admission, parts.caller, parts.settler);
  return { ...parts, retry, calls };
}

/** Failure of a first call for these inputs. */
function failed(inputs: string, error: Error = BUSY, errors?: readonly Error[]): Failure<string> {
  const chunk = chunkOf(inputs.split(""));
  chunk.attempts = 1;
  return { chunk, error, isWhole: errors === undefined, ...(errors && { errors }) };
}

it("P2 P21 a chunk is called for again after a backoff, and what failed of it after one twice as long", async () => {
  const { retry, clock, calls, sink } = retrying(PATIENT, ["A", BUSY, BAD]);
  const failure = failed("abc");
  expect(await clock.run(retry.retry(failure))).toBeUndefined();
  expect(calls).toEqual(["100 abc", "300 b"]);
  expect([sink.slots, failure.chunk.retries, failure.chunk.attempts]).toEqual([["A", "B", BAD], 1, 2]);
});

it("P25 tries come to an end, those of an earlier call counted, and what failed last is left", async () => {
  const last = new Error("last");
  const { retry, clock, calls, sink } = retrying(PATIENT, last, last);
  const failure = failed("ab");
  failure.chunk.retries = 1;
  expect(await clock.run(retry.retry(failure))).toEqual({ chunk: failure.chunk, error: last, isWhole: true });
  expect([calls, sink.outcomes]).toEqual([["200 ab"], []]);
});

it.for([
  ["retries are off", { retry: false }, failed("ab")],
  ["the error does not call for one", PATIENT, failed("ab", BAD)],
  ["some have failed and others are unfinished", { retry: false }, failed("ab", BAD, [BAD, new Unfinished()])],
] as const)("where %s there is no further call", async ([, options, failure]) => {
  const { retry, calls, clock } = retrying(options);
  expect(await retry.retry(failure)).toBe(failure);
  expect([calls, clock.pending]).toEqual([[], 0]);
});

it("an error that does not call for a retry ends the tries", async () => {
  const { retry, clock, calls } = retrying(PATIENT, BAD);
  const left = await clock.run(retry.retry(failed("ab")));
  expect([left?.error, calls.length, clock.now()]).toEqual([BAD, 1, 100]);
});

const asks = (retryAfterMs: number): Error => new ProviderError("no", { retryable: true, retryAfterMs });
const JITTER: BatchOptions = { retry: { attempts: 2, minDelayMs: 100, jitter: 0.5 }, random: () => 0.5 };

it.for([
  ["P22 the wait that the call's error asks for", PATIENT, failed("ab", asks(150)), "150 ab"],
  ["P44 its own backoff, where less is asked for", PATIENT, failed("ab", asks(5)), "100 ab"],
  ["P22 the longest that its items' errors ask for", PATIENT, failed("ab", asks(5), [asks(5), asks(7000)]), "7000 ab"],
  ["a backoff less the jitter, by the batch's random numbers", JITTER, failed("a"), "75 a"],
] as const)("a retry waits for %s", async ([, options, failure, call]) => {
  const { retry, clock, calls } = retrying(options);
  await clock.run(retry.retry(failure));
  expect(calls).toEqual([call]);
});

it.for([new TypeError("no"), new DOMException("no", "AbortError"), new Error("fetch failed")])(
  "%o is an error like others: the one that drives the retries sees none of them",
  async (error) => {
    const { retry, clock, calls } = retrying(PATIENT, error);
    expect(await clock.run(retry.retry(failed("a", error)))).toBeUndefined();
    expect(calls).toHaveLength(2);
  },
);

it("each retry is told and counted before its wait", async () => {
  const told: unknown[] = [];
  const onRetry = (event: RetryEvent): unknown => told.push([clock.now(), event]);
  const { retry, clock, batch } = retrying({ ...PATIENT, onRetry }, ["A", BUSY]);
  await clock.run(retry.retry(failed("ab")));
  expect(told).toEqual([
    [0, { error: BUSY, attempt: 1, delayMs: 100, inputs: 2 }],
    [100, { error: BUSY, attempt: 2, delayMs: 200, inputs: 1 }],
  ]);
  expect(batch.stats.report("completed", 2, undefined)).toMatchObject({ retries: 2, requests: 2 });
});

it("what onRetry throws is no failure of an input", async () => {
  const onRetry = (): never => {
    throw BAD;
  };
  const { retry, calls } = retrying({ ...PATIENT, onRetry });
  expect([await reasonOf(retry.retry(failed("a"))), calls]).toEqual([BAD, []]);
});

it("P16 a call holds a permit, whether it fails or not, and a backoff holds none", async () => {
  const free: number[] = [];
  const look = (): unknown => free.push(freePermits(context.semaphore));
  const { retry, clock, context } = retrying({ ...PATIENT, maxConcurrency: 1, onRequest: look }, BUSY);
  for (const ms of [0, 99, 150]) clock.after(ms, look);
  await clock.run(retry.retry(failed("a")));
  look();
  expect(free).toEqual([1, 1, 0, 1, 0, 1]);
});

it("P20 a retry passes the limits, ahead of new work", async () => {
  const seen: unknown[] = [];
  const reserve: RateLimiter["reserve"] = async (_demand, options) => {
    seen.push(options?.urgent);
    await sleep(50, clock);
    return { settle: () => undefined };
  };
  const { retry, clock, calls } = retrying({ ...PATIENT, limiter: { reserve } });
  await clock.run(retry.retry(failed("a")));
  expect([seen, calls]).toEqual([[true], ["150 a"]]);
});

it("P12 the end of the batch ends a backoff at once", async () => {
  const { retry, clock, batch, calls } = retrying(PATIENT);
  const running = retry.retry(failed("a"));
  await turn();
  expect(clock.pending).toBe(1);
  batch.end({ status: "aborted", reason: BAD }, "cancel");
  expect([await reasonOf(running), calls, clock.pending, clock.now()]).toEqual([BAD, [], 0, 0]);
});

it("P12 a batch that ends in the very turn arms no timer, and calls no more", async () => {
  const onRetry = (): void => batch.end({ status: "drained", reason: BAD }, "drain");
  const { retry, clock, batch, calls } = retrying({ ...PATIENT, onRetry });
  expect(await reasonOf(retry.retry(failed("a")))).toBe(BAD);
  expect(await retry.send(chunkOf(["b"]))).toBeUndefined();
  expect([calls, clock.pending]).toEqual([[], 0]);
});

it.for([
  ["a part", 0, (retry: Retry<string, unknown>) => retry.send(chunkOf(["a"]))],
  ["a retry", 1, (retry: Retry<string, unknown>) => retry.retry(failed("a"))],
] as const)("P12 %s that fails after the end of the batch is not tried again", async ([, told, call]) => {
  const onRequest = (): void => batch.end({ status: "drained", reason: BAD }, "drain");
  const { retry, clock, batch, calls } = retrying({ ...PATIENT, onRequest }, BUSY);
  expect((await clock.run(call(retry)))?.chunk.size ?? 0).toBe(told);
  expect([calls.length, batch.stats.report("drained", 1, BAD).retries]).toEqual([1, told]);
});

it("a part is sent at once, and tried again like any other", async () => {
  const { retry, clock, calls, sink } = retrying(PATIENT, BUSY);
  expect(await clock.run(retry.send(chunkOf(["b"], 0)))).toBeUndefined();
  expect(calls).toEqual(["0 b", "100 b"]);
  expect(sink.slots).toEqual(["B"]);
});

it("P55 at the end of a batch in which others pass, the first backoff is an eighth", async () => {
  const { retry, clock, calls, sink } = retrying(PATIENT, ["A"], BUSY);
  expect(await retry.send(chunkOf(["a"]))).toBeUndefined();
  expect(await clock.run(retry.send(chunkOf(["b"], 1)))).toBeUndefined();
  expect(calls).toEqual(["0 a", "0 b", "12.5 b"]);
  expect(sink.slots).toEqual(["A", "B"]);
});

it("P4 once further calls are refused, a part fails without one", async () => {
  const { context, calls, sink } = retrying(PATIENT);
  sink.catches = true;
  const settler = new Settler({ ...context, sink });
  const admission = new Admission(context, settler.stop);
  const retry = new Retry(context, admission, new Caller(context, admission, settler), settler);
  settler.refuse(REFUSED);
  const chunk = chunkOf(["a"]);
  expect(await retry.send(chunk)).toEqual({ chunk, error: REFUSED, isWhole: true });
  expect(calls).toEqual([]);
});

it("what an override left unfinished goes out again at once, and that counts as no retry", async () => {
  const [first, second] = [new Unfinished(), new Unfinished()];
  const { retry, calls, sink } = retrying({ retry: false }, ["A", second]);
  const failure = failed("ab", first, [first, second]);
  expect(await retry.retry(failure)).toBeUndefined();
  expect(calls).toEqual(["0 ab", "0 b"]);
  expect([sink.slots, failure.chunk.retries]).toEqual([["A", "B"], 0]);
});
