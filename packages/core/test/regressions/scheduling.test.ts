import { bulkRunnable, type CallOptions, ProviderError, rateLimiter, runnable, TimeoutError } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

const busy = (): ProviderError => new ProviderError("The provider is busy.", { retryable: true, status: 503 });

describe("order and overlap", () => {
  it("P11 after a fail-fast rejection no further item starts", async () => {
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call, { maxConcurrency: 3 }).batch(range(20)));
    await turn();
    backend.at(1).fail(new Error("boom"));
    await turn();
    expect(running.state).toBe("rejected");
    backend.at(0).answer(0);
    backend.at(2).answer(2);
    await turn();
    expect(backend.requests).toEqual([0, 1, 2]);
  });

  it.for([
    ["a timeout", { timeoutMs: 60_000 }],
    ["retries", { retry: { attempts: 3 } }],
    ["a limiter", { limiter: rateLimiter() }],
    ["weights", { weigh: () => ({ tokens: 1 }) }],
    ["dedupe", { dedupe: true }],
  ] as const)("P11 no further item starts once a call has failed for good, with %s", async ([, settings]) => {
    const started: number[] = [];
    const subject = runnable(async (input: number) => {
      started.push(input);
      if (input === 2) throw new ProviderError("Refused.", { retryable: false, status: 400 });
      return input;
    }, settings);
    await reasonOf(subject.batch(range(20)));
    await turn();
    expect(started).toEqual([0, 1, 2]);
  });

  it("P13 a timeout runs from dispatch, so waiting for a slot is not counted", async () => {
    const clock = new FakeClock();
    const subject = runnable(
      (input: number) => new Promise<number>((resolve) => clock.after(80, () => resolve(input))),
      { maxConcurrency: 1, timeoutMs: 100 },
    );
    expect(await clock.run(subject.batch(range(5), { clock }))).toEqual(range(5));
    expect(clock.now()).toBeGreaterThanOrEqual(400);
    expect(clock.pending).toBe(0);
  });

  it("P13 waiting for a rate limit is not counted either", async () => {
    const clock = new FakeClock();
    const subject = runnable(async (input: number) => input, {
      limiter: rateLimiter({ requestsPerMinute: 1, clock }),
      timeoutMs: 100,
    });
    expect(await clock.run(subject.batch(range(3), { clock }))).toEqual(range(3));
    expect(clock.now()).toBeGreaterThanOrEqual(120_000);
  });

  it("P13 a call that takes too long fails with a retryable TimeoutError and its signal is aborted", async () => {
    const clock = new FakeClock();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, { maxConcurrency: 2, timeoutMs: 100 });
    const running = watch(subject.batch([0, 1], { clock, returnExceptions: true }));
    await turn();
    backend.at(1).answer(1);
    await clock.advance(99);
    expect(running.state).toBe("pending");
    await clock.advance(1);
    expect(running.state).toBe("fulfilled");
    const [first, second] = running.value ?? [];
    expect(TimeoutError.isInstance(first)).toBe(true);
    expect((first as TimeoutError).retryable).toBe(true);
    expect(second).toBe(1);
    expect(backend.at(0).options.signal?.aborted).toBe(true);
  });

  it("P13 each attempt has the whole timeout", async () => {
    const clock = new FakeClock();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, {
      timeoutMs: 100,
      retry: { attempts: 2, minDelayMs: 1000, jitter: 0 },
    });
    const running = watch(subject.batch([7], { clock }));
    await clock.advance(100);
    await clock.advance(1000);
    expect(backend.calls).toHaveLength(2);
    await clock.advance(99);
    expect(running.state).toBe("pending");
    backend.at(1).answer(70);
    await turn();
    expect(running.value).toEqual([70]);
  });

  it("P15 a slow call does not stall the others: a window that slides, no waves", async () => {
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call, { maxConcurrency: 2 }).batch(range(12)));
    await turn();
    for (const number of range(11)) {
      backend.at(number + 1).answer(number + 1);
      await turn();
    }
    expect(backend.requests).toEqual(range(12));
    expect(backend.peak).toBe(2);
    expect(running.state).toBe("pending");
    backend.at(0).answer(0);
    await turn();
    expect(running.value).toEqual(range(12));
  });

  it("P15 a slow bulk request does not stall the others", async () => {
    const backend = new HeldBackend<readonly number[], number[]>();
    const subject = bulkRunnable(backend.call, { maxConcurrency: 2, request: { maxInputs: 2 } });
    const running = watch(subject.batch(range(8)));
    await turn();
    for (const number of [1, 2, 3]) {
      backend.at(number).answer([...backend.at(number).request]);
      await turn();
    }
    expect(running.state).toBe("pending");
    backend.at(0).answer([0, 1]);
    await turn();
    expect(running.value).toEqual(range(8));
  });
});

describe("retries and slots", () => {
  it("P16 a backoff holds no concurrency slot", async () => {
    const clock = new FakeClock();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, {
      maxConcurrency: 1,
      retry: { attempts: 2, minDelayMs: 1000, jitter: 0 },
    });
    const running = watch(subject.batch([0, 1], { clock }));
    await turn();
    backend.at(0).fail(busy());
    await turn();
    expect(backend.requests).toEqual([0, 1]);
    expect(clock.now()).toBe(0);
    backend.at(1).answer(1);
    await clock.advance(1000);
    backend.at(2).answer(0);
    expect(await running.promise).toEqual([0, 1]);
    expect(backend.requests).toEqual([0, 1, 0]);
  });

  it("P20 a retry goes before new work, not after the whole first pass", async () => {
    const clock = new FakeClock();
    const order: number[] = [];
    const subject = runnable(
      async (input: number) => {
        order.push(input);
        await new Promise<void>((resolve) => clock.after(100, resolve));
        if (input === 0 && order.filter((each) => each === 0).length === 1) throw busy();
        return input;
      },
      { maxConcurrency: 1, retry: { attempts: 2, minDelayMs: 250, jitter: 0 } },
    );
    expect(await clock.run(subject.batch(range(30), { clock }))).toEqual(range(30));
    // Failed at 100 ms, due at 350 ms, and the call that is open then ends at 400 ms.
    expect(order.indexOf(0, 1)).toBe(4);
  });

  it("P20 many retries leak no slot", async () => {
    const clock = new FakeClock();
    const tried = new Map<number, number>();
    let inFlight = 0;
    let peak = 0;
    const subject = runnable(
      async (input: number) => {
        inFlight += 1;
        peak = Math.max(peak, inFlight);
        await new Promise<void>((resolve) => clock.after(10, resolve));
        inFlight -= 1;
        const attempt = (tried.get(input) ?? 0) + 1;
        tried.set(input, attempt);
        if (attempt < 4) throw busy();
        return input;
      },
      { maxConcurrency: 3, retry: { attempts: 4, minDelayMs: 20, outageMs: 0 } },
    );
    expect(await clock.run(subject.batch(range(40), { clock }))).toEqual(range(40));
    expect(peak).toBe(3);
    expect([...tried.values()].every((attempt) => attempt === 4)).toBe(true);
  });

  it("P20 without a retry option nothing is called twice", async () => {
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call).batch([1], { returnExceptions: true }));
    await turn();
    backend.at(0).fail(busy());
    await turn();
    expect(running.state).toBe("fulfilled");
    expect(backend.calls).toHaveLength(1);
  });
});

describe("caps", () => {
  it("P14 nested batches share one cap, and cannot deadlock on it", async () => {
    let inFlight = 0;
    let peak = 0;
    const leaf = runnable(
      async (input: number) => {
        inFlight += 1;
        peak = Math.max(peak, inFlight);
        await turn();
        inFlight -= 1;
        return input;
      },
      { maxConcurrency: 4 },
    );
    const outer = runnable(
      async (input: number, options: CallOptions) => leaf.batch([input, input + 1, input + 2, input + 3], options),
      { maxConcurrency: 4 },
    );
    const outputs = await outer.batch(range(6));
    expect(outputs).toEqual(range(6).map((input) => [input, input + 1, input + 2, input + 3]));
    expect(peak).toBeLessThanOrEqual(4);
    expect(peak).toBeGreaterThan(1);
  });

  it("P14 three levels under a cap of 1 run one call at a time and end", async () => {
    let inFlight = 0;
    let peak = 0;
    const leaf = runnable(async (input: number) => {
      inFlight += 1;
      peak = Math.max(peak, inFlight);
      await turn();
      inFlight -= 1;
      return input;
    });
    const middle = runnable((input: number, options: CallOptions) => leaf.batch([input, input], options));
    const outer = runnable((input: number, options: CallOptions) => middle.batch([input, input], options));
    const outputs = await outer.batch([1, 2], { maxConcurrency: 1 });
    expect(outputs.flat(2)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    expect(peak).toBe(1);
  });

  it("P14 an aborted outer batch aborts the calls of the inner one", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const leaf = runnable(backend.call);
    const outer = runnable((input: number, options: CallOptions) => leaf.batch([input, input], options));
    const running = watch(outer.batch([1], { signal: controller.signal }));
    await turn();
    controller.abort(new Error("enough"));
    await turn();
    expect(running.reason).toEqual(new Error("enough"));
    expect(backend.at(0).options.signal?.aborted).toBe(true);
    backend.at(0).answer(1);
    await turn();
    expect(backend.calls).toHaveLength(1);
  });

  it("P17 the cap holds for a slow asynchronous source", async () => {
    const clock = new FakeClock();
    const backend = new HeldBackend<number, number>();
    async function* source(): AsyncGenerator<number> {
      for (const input of range(10)) {
        await new Promise<void>((resolve) => clock.after(input % 2 === 0 ? 5 : 0, resolve));
        yield input;
      }
    }
    const running = watch(runnable(backend.call, { maxConcurrency: 2 }).batch(source(), { clock }));
    for (const number of range(10)) {
      await clock.advance(100);
      backend.at(number).answer(number);
    }
    await clock.advance(100);
    expect(running.value).toEqual(range(10));
    expect(backend.peak).toBe(2);
  });

  it("P17 a consumer's break stops pulling, closes the source and cancels what is in flight", async () => {
    let pulled = 0;
    let closed = false;
    async function* source(): AsyncGenerator<number> {
      try {
        for (;;) yield pulled++;
      } finally {
        closed = true;
      }
    }
    const backend = new HeldBackend<number, number>();
    const iterator = runnable(backend.call, { maxConcurrency: 3 }).batchAsCompleted(source());
    const next = watch(iterator.next());
    await turn();
    backend.at(1).answer(1);
    await turn();
    expect(next.value?.value).toMatchObject({ index: 1, value: 1 });
    await iterator.return?.();
    await turn();
    const before = pulled;
    expect(closed).toBe(true);
    expect(backend.at(0).options.signal?.aborted).toBe(true);
    expect(backend.at(2).options.signal?.aborted).toBe(true);
    backend.at(0).answer(0);
    const calls = backend.calls.length;
    await turn();
    expect(pulled).toBe(before);
    expect(backend.calls).toHaveLength(calls);
  });

  it.for(["batchAsCompleted", "batchInOrder"] as const)("P18 %s honours the cap", async (method) => {
    const backend = new HeldBackend<number, number>();
    const iterator = runnable(backend.call, { maxConcurrency: 3 })[method](range(9));
    const seen: number[] = [];
    const reading = (async (): Promise<void> => {
      for await (const outcome of iterator) seen.push(outcome.index);
    })();
    for (const number of range(9)) {
      await turn();
      backend.at(number).answer(number);
    }
    await reading;
    expect(seen).toEqual(range(9));
    expect(backend.peak).toBe(3);
  });

  it("P19 a plain Runnable runs one call at a time by default", async () => {
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call).batch(range(3)));
    for (const number of range(3)) {
      await turn();
      expect(backend.inFlight).toBe(1);
      backend.at(number).answer(number);
    }
    expect(await running.promise).toEqual(range(3));
  });

  it("P19 a bulk Runnable runs five requests of a hundred at a time by default", async () => {
    const backend = new HeldBackend<readonly number[], number[]>();
    const running = watch(bulkRunnable(backend.call).batch(range(3000)));
    for (const number of range(30)) {
      await turn();
      backend.at(number).answer([...backend.at(number).request]);
    }
    expect(await running.promise).toEqual(range(3000));
    expect(backend.peak).toBe(5);
    expect(backend.requests.every((request) => request.length === 100)).toBe(true);
  });
});
