import {
  type BatchError,
  bulkRunnable,
  type FinishReport,
  ProviderError,
  type RateLimiter,
  rateLimiter,
  runnable,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { countListeners, drained, HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

const enough = new Error("enough");
const busy = (retryAfterMs?: number): ProviderError =>
  new ProviderError("The provider is busy.", {
    retryable: true,
    status: 429,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

describe("signal", () => {
  it("P12 an abort rejects at once with the reason, though the function ignores it, and calls nothing more", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    let finish: FinishReport | undefined;
    const running = watch(
      runnable(backend.call, { maxConcurrency: 2 }).batch(range(10), {
        signal: controller.signal,
        onFinish: (report) => (finish = report),
      }),
    );
    await turn();
    backend.at(0).answer(0);
    await turn();
    controller.abort(enough);
    await turn();
    expect(running.reason).toBe(enough);
    expect(backend.at(1).options.signal?.aborted).toBe(true);
    expect(backend.at(1).options.signal?.reason).toBe(enough);
    backend.at(1).answer(1);
    backend.at(2).answer(2);
    await turn();
    expect(backend.requests).toEqual([0, 1, 2]);
    expect(finish).toMatchObject({ status: "aborted", fulfilled: 1, reason: enough });
    expect(finish?.outcomes).toEqual([{ index: 0, input: 0, status: "fulfilled", value: 0 }]);
  });

  it("P12 with returnExceptions the unfinished slots hold the reason", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const running = watch(
      runnable(backend.call, { maxConcurrency: 2 }).batch(range(4), {
        signal: controller.signal,
        returnExceptions: true,
      }),
    );
    await turn();
    backend.at(1).answer(1);
    await turn();
    controller.abort(enough);
    await turn();
    expect(running.value).toEqual([enough, 1, enough, enough]);
    expect(running.value?.[0]).toBe(enough);
  });

  it("P12 batchAsCompleted yields what finished and then throws the reason", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const iterator = runnable(backend.call, { maxConcurrency: 3 }).batchAsCompleted(range(9), {
      signal: controller.signal,
    });
    const first = watch(iterator.next());
    await turn();
    backend.at(2).answer(2);
    await turn();
    expect(first.value?.value?.index).toBe(2);
    backend.at(0).answer(0);
    await turn();
    controller.abort(enough);
    await turn();
    const rest = await drained(iterator);
    expect(rest.items.map((item) => item.index)).toEqual([0]);
    expect(rest.thrown).toBe(enough);
  });

  it("P12 an abort with a reason that is no Error rejects with that very reason", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call);
    const plain = watch(subject.batch([1, 2], { signal: controller.signal }));
    const slots = watch(subject.batch([1, 2], { signal: controller.signal, returnExceptions: true }));
    await turn();
    controller.abort("stop");
    await turn();
    expect(plain.reason).toBe("stop");
    expect(slots.value?.every((slot) => slot instanceof Error && slot.cause === "stop")).toBe(true);
  });

  it("P12 a signal that was aborted before calls nothing and pulls nothing", async () => {
    let pulled = 0;
    function* source(): Generator<number> {
      for (;;) yield pulled++;
    }
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call);
    expect(await reasonOf(subject.batch(source(), { signal: AbortSignal.abort(enough) }))).toBe(enough);
    expect(await subject.batch([1, 2], { signal: AbortSignal.abort(enough), returnExceptions: true })).toEqual([
      enough,
      enough,
    ]);
    expect(pulled).toBe(0);
    expect(backend.calls).toHaveLength(0);
  });

  it("P12 the rejection comes at once during a backoff, and leaves no timer", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, { retry: { attempts: 5, minDelayMs: 10_000 } });
    const running = watch(subject.batch([1], { clock, signal: controller.signal }));
    await turn();
    backend.at(0).fail(busy(600_000));
    await turn();
    expect(running.state).toBe("pending");
    controller.abort(enough);
    await turn();
    expect(running.reason).toBe(enough);
    expect(clock.now()).toBe(0);
    expect(clock.pending).toBe(0);
    expect(backend.calls).toHaveLength(1);
  });

  it("P12 the rejection comes at once during a wait for a rate limit, and leaves no timer", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const limiter = rateLimiter({ requestsPerMinute: 1, clock });
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, { limiter, maxConcurrency: 4 });
    const running = watch(subject.batch(range(4), { clock, signal: controller.signal }));
    await turn();
    expect(backend.calls).toHaveLength(1);
    backend.at(0).answer(0);
    controller.abort(enough);
    await turn();
    expect(running.reason).toBe(enough);
    await clock.advance(600_000);
    expect(backend.calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("P12 a limiter that never answers and ignores the signal does not hold the rejection up", async () => {
    const controller = new AbortController();
    const limiter: RateLimiter = { reserve: () => new Promise(() => {}) };
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call, { limiter }).batch([1], { signal: controller.signal }));
    await turn();
    controller.abort(enough);
    await turn();
    expect(running.reason).toBe(enough);
  });

  it("P12 a source that never answers is closed and not waited for", async () => {
    const controller = new AbortController();
    let closed = false;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          closed = true;
          return new Promise(() => {});
        },
      }),
    };
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call).batch(source, { signal: controller.signal }));
    await turn();
    controller.abort(enough);
    await turn();
    expect(running.reason).toBe(enough);
    expect(closed).toBe(true);
  });

  it("P12 an abort after the end changes nothing, and no listener stays on the caller's signal", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const listeners = countListeners(signal);
    const subject = runnable(async (input: number) => input, { maxConcurrency: 4 });
    expect(await subject.batch(range(50), { signal })).toEqual(range(50));
    expect(listeners.size).toBe(0);
    controller.abort(enough);
    await turn();
  });
});

describe("drain", () => {
  it("P12 a drain starts nothing new, lets what is in flight finish, and then rejects with its reason", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    let finish: FinishReport | undefined;
    const running = watch(
      runnable(backend.call, { maxConcurrency: 2 }).batch(range(6), {
        drain: controller.signal,
        onFinish: (report) => (finish = report),
      }),
    );
    await turn();
    controller.abort(enough);
    await turn();
    expect(running.state).toBe("pending");
    expect(backend.at(0).options.signal?.aborted).not.toBe(true);
    backend.at(1).answer(1);
    await turn();
    expect(running.state).toBe("pending");
    backend.at(0).answer(0);
    await turn();
    expect(running.reason).toBe(enough);
    expect(backend.calls).toHaveLength(2);
    expect(finish).toMatchObject({ status: "drained", fulfilled: 2, reason: enough });
    expect(finish?.outcomes.map((outcome) => outcome.index)).toEqual([0, 1]);
  });

  it("P12 a drained batch with returnExceptions holds the reason in the unfinished slots", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<readonly number[], number[]>();
    const subject = bulkRunnable(backend.call, { maxConcurrency: 1, request: { maxInputs: 2 } });
    const running = watch(subject.batch(range(5), { drain: controller.signal, returnExceptions: true }));
    await turn();
    controller.abort(enough);
    backend.at(0).answer([0, 1]);
    await turn();
    expect(running.value).toEqual([0, 1, enough, enough, enough]);
  });

  it("P12 a drain makes no retry of a call that fails, and does not wait for a backoff", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, {
      maxConcurrency: 2,
      retry: { attempts: 5, minDelayMs: 60_000 },
    });
    const running = watch(subject.batch([0, 1, 2], { clock, drain: controller.signal, returnExceptions: true }));
    await turn();
    backend.at(0).fail(busy());
    await turn();
    controller.abort(enough);
    for (const call of backend.calls.slice(1)) call.answer(call.request);
    await turn();
    expect(running.state).toBe("fulfilled");
    expect(running.value?.slice(1)).toEqual([1, 2]);
    expect(running.value?.[0]).toBeInstanceOf(Error);
    expect(clock.now()).toBe(0);
    expect(backend.calls).toHaveLength(3);
  });

  it("P12 a drain is followed by an abort: the second ends what is in flight", async () => {
    const [drain, abort] = [new AbortController(), new AbortController()];
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call).batch([1, 2], { drain: drain.signal, signal: abort.signal }));
    await turn();
    drain.abort(new Error("gently"));
    await turn();
    expect(running.state).toBe("pending");
    abort.abort(enough);
    await turn();
    expect(running.reason).toBe(enough);
    expect(backend.at(0).options.signal?.aborted).toBe(true);
  });

  it("P12 batchAsCompleted yields what a drain lets finish and then throws its reason", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const iterator = runnable(backend.call, { maxConcurrency: 2 }).batchAsCompleted(range(6), {
      drain: controller.signal,
    });
    const reading = watch(drained(iterator));
    await turn();
    controller.abort(enough);
    backend.at(0).answer(0);
    backend.at(1).answer(1);
    await turn();
    expect(reading.value?.items.map((item) => item.index)).toEqual([0, 1]);
    expect(reading.value?.thrown).toBe(enough);
    expect(backend.calls).toHaveLength(2);
  });
});

describe("fail-fast", () => {
  it("P11 the BatchError has the first failure as cause and everything finished in input order", async () => {
    const backend = new HeldBackend<string, number>();
    const running = watch(runnable(backend.call, { maxConcurrency: 4 }).batch(["a", "b", "c", "d", "e"]));
    await turn();
    backend.at(2).answer(2);
    await turn();
    backend.at(0).answer(0);
    await turn();
    backend.at(3).fail(enough);
    await turn();
    const failure = running.reason as BatchError;
    expect(failure.code).toBe("batch_failed");
    expect(failure.cause).toBe(enough);
    expect(failure.outcomes).toEqual([
      { index: 0, input: "a", status: "fulfilled", value: 0 },
      { index: 2, input: "c", status: "fulfilled", value: 2 },
      { index: 3, input: "d", status: "rejected", reason: enough },
    ]);
    expect(backend.at(1).options.signal?.aborted).toBe(true);
  });

  it("P11 a failure ends items in backoff and waits for limits too", async () => {
    const clock = new FakeClock();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, {
      maxConcurrency: 2,
      retry: { attempts: 3, minDelayMs: 9000 },
    });
    const running = watch(subject.batch(range(5), { clock }));
    await turn();
    backend.at(0).fail(busy());
    await turn();
    backend.at(1).fail(new ProviderError("Refused.", { retryable: false, status: 400 }));
    await turn();
    expect(running.state).toBe("rejected");
    const calls = backend.calls.length;
    await clock.advance(100_000);
    expect(backend.calls).toHaveLength(calls);
    expect(clock.pending).toBe(0);
  });
});
