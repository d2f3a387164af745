import { FakeClock, flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { countListeners, watch, type Watched } from "../../../test/regressions/held-backend.ts";
import { TimeoutError } from "../../contract/errors.ts";
import type { CallOptions, CallReport } from "../../contract/call.ts";
import { Deadline } from "./deadline.ts";

interface Sent {
  readonly clock: FakeClock;
  readonly outer: AbortController;
  /** Listeners on the outer signal. */
  readonly listeners: ReadonlySet<unknown>;
  /** Facts that came through to the outer `report`. */
  readonly reported: CallReport[];
  /** Options that the call got. */
  readonly options: CallOptions;
  readonly answer: PromiseWithResolvers<unknown>;
  readonly running: Watched<unknown>;
}

/** Makes a call under a deadline of 100 ms. */
async function within<Answer>(
  call: (options: CallOptions) => Promise<Answer>,
  options: CallOptions,
  clock: FakeClock,
): Promise<Answer> {
  const deadline = new Deadline(options, 100, clock);
  try {
    return await Promise.race([call(deadline.options), deadline.expired]);
  } finally {
    deadline.end();
  }
}

/** Sends a call that may take 100 ms, and holds its answer back. */
function send(more: object = {}): Sent {
  const clock = new FakeClock();
  const outer = new AbortController();
  const listeners = countListeners(outer.signal);
  const reported: CallReport[] = [];
  const answer = Promise.withResolvers<unknown>();
  let options: CallOptions = {};
  const call = (given: CallOptions): Promise<unknown> => {
    options = given;
    return answer.promise;
  };
  const report = (facts: CallReport): void => void reported.push(facts);
  const running = watch(within(call, { signal: outer.signal, report, ...more }, clock));
  return { clock, outer, listeners, reported, options, answer, running };
}

it("P13 an answer in time is the answer, and leaves neither timer nor listener behind", async () => {
  const { clock, listeners, options, answer, running } = send();
  expect([clock.pending, listeners.size]).toEqual([1, 1]);
  await clock.advance(99);
  expect(running.state).toBe("pending");
  answer.resolve("answer");
  await flush();
  expect([running.state, running.value]).toEqual(["fulfilled", "answer"]);
  expect([clock.pending, listeners.size, options.signal?.aborted]).toEqual([0, 0, false]);
});

it("P3 an answer of undefined is an answer", async () => {
  const { answer, running } = send();
  answer.resolve(undefined);
  await flush();
  expect(running.state).toBe("fulfilled");
});

it("P13 a call whose time is up fails with a TimeoutError, with which its own signal is aborted", async () => {
  const { clock, outer, options, running } = send();
  await clock.advance(100);
  expect(running.state).toBe("rejected");
  expect(running.reason).toBeInstanceOf(TimeoutError);
  expect(running.reason).toMatchObject({ code: "timeout", retryable: true });
  expect((running.reason as Error).message).toContain("to end within `timeoutMs` (100 ms), got no answer");
  expect(options.signal?.reason).toBe(running.reason);
  expect(outer.signal.aborted).toBe(false);
});

it("the error is the TimeoutError, though the call itself fails when its signal is aborted", async () => {
  const { clock, options, answer, running } = send();
  options.signal?.addEventListener("abort", () => answer.reject(new Error("The socket was closed.")));
  await clock.advance(100);
  expect(running.reason).toBeInstanceOf(TimeoutError);
});

it("an answer that comes late changes nothing, and takes its listener away", async () => {
  const { clock, listeners, answer, running } = send();
  await clock.advance(100);
  answer.resolve("late");
  await flush();
  expect([running.state, running.value, listeners.size]).toEqual(["rejected", undefined, 0]);
});

it("what a call reports counts until it has ended, and belongs to no call after that", async () => {
  const facts = { requestId: "first" };
  const [late, over] = [send(), send()];
  for (const { options } of [late, over]) options.report?.(facts);
  await late.clock.advance(100);
  over.answer.resolve("answer");
  await flush();
  for (const { options } of [late, over]) options.report?.({ requestId: "second" });
  expect([late.reported, over.reported]).toEqual([[facts], [facts]]);
});

it("a call may report where nothing listens", () => {
  const { options } = send({ report: undefined });
  expect(() => options.report?.({ requestId: "one" })).not.toThrow();
});

it.for(["rejects", "throws"])("a call that %s fails with its own error, and leaves no timer behind", async (how) => {
  const clock = new FakeClock();
  const error = new Error("Refused.");
  const call = (): Promise<never> => {
    if (how === "throws") throw error;
    return Promise.reject(error);
  };
  const running = watch(within(call, {}, clock));
  await flush();
  expect([running.reason, clock.pending]).toEqual([error, 0]);
});

it("P12 an abort from outside reaches the call with its reason, and its time no longer runs", async () => {
  const { clock, outer, options, answer, running } = send();
  const reason = new Error("The caller has had enough.");
  outer.abort(reason);
  expect([options.signal?.reason, clock.pending]).toEqual([reason, 0]);
  answer.reject(reason);
  await flush();
  expect(running.reason).toBe(reason);
});

it("a call gets the options that it would have got, its signal and report aside, and can't change them", () => {
  const { options, outer } = send({ dimensions: 8 });
  expect(options).toMatchObject({ dimensions: 8 });
  expect(options.signal).not.toBe(outer.signal);
  expect(Object.isFrozen(options)).toBe(true);
});

it("P13 the time stands still while it is stopped, however often", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline({}, 100, clock);
  const running = watch(deadline.expired);
  await clock.advance(40);
  deadline.stop();
  deadline.stop();
  await clock.advance(1000);
  deadline.start();
  await clock.advance(1000);
  expect([running.state, clock.pending]).toEqual(["pending", 0]);
  deadline.start();
  await clock.advance(59);
  expect(running.state).toBe("pending");
  await clock.advance(1);
  expect(running.reason).toBeInstanceOf(TimeoutError);
});

it("does not go on once the call has ended, or the batch", async () => {
  const clock = new FakeClock();
  const outer = new AbortController();
  const [ended, aborted] = [new Deadline({}, 100, clock), new Deadline({ signal: outer.signal }, 100, clock)];
  ended.stop();
  aborted.stop();
  ended.end();
  outer.abort();
  ended.start();
  aborted.start();
  expect(clock.pending).toBe(0);
});
