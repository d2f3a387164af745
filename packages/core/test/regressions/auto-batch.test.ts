import {
  autoBatch,
  bulkRunnable,
  type CallOptions,
  type Middleware,
  ProviderError,
  Runnable,
  withConfig,
  withRetry,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { countListeners, HeldBackend, range, turn, watch } from "./held-backend.ts";

describe("autoBatch", () => {
  const gathering = (
    maxInputs: number,
  ): {
    backend: HeldBackend<readonly number[], (number | Error)[]>;
    clock: FakeClock;
    subject: Runnable<number, number>;
  } => {
    const clock = new FakeClock();
    const backend = new HeldBackend<readonly number[], (number | Error)[]>();
    return {
      backend,
      clock,
      subject: autoBatch(bulkRunnable(backend.call), { maxWaitMs: 20, maxInputs, clock }),
    };
  };

  it("calls that arrive together become one bulk call, after maxWaitMs at the latest", async () => {
    const { backend, clock, subject } = gathering(10);
    const running = range(3).map((input) => watch(subject.invoke(input)));
    await clock.advance(19);
    expect(backend.calls).toHaveLength(0);
    await clock.advance(1);
    expect(backend.requests).toEqual([[0, 1, 2]]);
    backend.at(0).answer([0, 10, 20]);
    await turn();
    expect(running.map((each) => each.value)).toEqual([0, 10, 20]);
  });

  it("goes on under withConfig and withRetry", async () => {
    const { backend, clock, subject } = gathering(10);
    const calls: number[] = [];
    const counting: Middleware = { call: (call, next) => (calls.push(call.attempt), next(call)) };
    const all = withRetry(withConfig(subject, { middleware: [counting] }), { attempts: 2, minDelayMs: 0 });
    const running = range(3).map((input) => watch(all.invoke(input)));
    await clock.advance(20);
    expect(backend.requests).toEqual([[0, 1, 2]]);
    backend.at(0).fail(new ProviderError("Busy.", { retryable: true }));
    await clock.advance(1000);
    backend.at(1).answer([0, 10, 20]);
    await turn();
    expect(running.map((each) => each.value)).toEqual([0, 10, 20]);
    expect(calls).toEqual([1, 2]);
  });

  it("a full request is sent at once", async () => {
    const { backend, clock, subject } = gathering(2);
    const running = range(5).map((input) => watch(subject.invoke(input)));
    await turn();
    expect(backend.requests).toEqual([
      [0, 1],
      [2, 3],
    ]);
    await clock.advance(20);
    expect(backend.requests).toHaveLength(3);
    for (const call of backend.calls) call.answer([...call.request]);
    await turn();
    expect(running.map((each) => each.value)).toEqual(range(5));
  });

  it("L6 a caller's failure is its own", async () => {
    const { backend, clock, subject } = gathering(10);
    const boom = new Error("boom");
    const running = range(3).map((input) => watch(subject.invoke(input)));
    await clock.advance(20);
    backend.at(0).answer([0, boom, 2]);
    await turn();
    expect(running.map((each) => each.state)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(running[1]?.reason).toBe(boom);
  });

  it("L7 a caller that aborts settles at once and disturbs no other", async () => {
    const { backend, clock, subject } = gathering(10);
    const controller = new AbortController();
    const left = watch(subject.invoke(1, { signal: controller.signal }));
    const right = watch(subject.invoke(2));
    await clock.advance(20);
    controller.abort(new Error("enough"));
    await turn();
    expect(left.reason).toEqual(new Error("enough"));
    expect(right.state).toBe("pending");
    const call = backend.at(0);
    expect(call.options.signal?.aborted).not.toBe(true);
    call.answer(call.request.map((input) => input * 10));
    await turn();
    expect(right.value).toBe(20);
  });

  it("L7 a caller that aborts before the request is sent is left out of it", async () => {
    const { backend, clock, subject } = gathering(10);
    const controller = new AbortController();
    const left = watch(subject.invoke(1, { signal: controller.signal }));
    const right = watch(subject.invoke(2));
    controller.abort(new Error("enough"));
    await clock.advance(20);
    expect(left.state).toBe("rejected");
    expect(backend.requests).toEqual([[2]]);
    backend.at(0).answer([20]);
    await turn();
    expect(right.value).toBe(20);
  });

  it("leaves no listener on a signal that outlives its calls", async () => {
    const { backend, clock, subject } = gathering(10);
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const running = range(5).map((input) => watch(subject.invoke(input, { signal })));
    await clock.advance(20);
    backend.at(0).answer(range(5));
    await turn();
    expect(running.map((each) => each.value)).toEqual(range(5));
    expect(listeners.size).toBe(0);
  });

  it("passes the caller's own call options on, and never mixes two callers' options in one request", async () => {
    const clock = new FakeClock();
    const requests: [number[], unknown][] = [];
    const many = bulkRunnable(
      async (inputs: readonly number[], options: CallOptions) => {
        requests.push([[...inputs], (options as { dimensions?: number }).dimensions]);
        return [...inputs];
      },
      { callOptions: ["dimensions"] },
    );
    const subject = autoBatch(many, { maxWaitMs: 20, maxInputs: 10, clock });
    const options = (dimensions: number): CallOptions => ({ dimensions }) as CallOptions;
    const running = [1, 2, 3].map((input) => subject.invoke(input, options(input === 2 ? 512 : 256)));
    expect(await clock.run(Promise.all(running))).toEqual([1, 2, 3]);
    for (const [inputs, dimensions] of requests) {
      for (const input of inputs) expect(dimensions).toBe(input === 2 ? 512 : 256);
    }
  });
});
