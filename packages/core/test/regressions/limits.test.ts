import {
  type BatchError,
  bulkRunnable,
  type CallOptions,
  type Demand,
  ProviderError,
  type RateLimiter,
  rateLimiter,
  type Reservation,
  type ReserveOptions,
  runnable,
  type Settlement,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

const limited = (retryAfterMs?: number): ProviderError =>
  new ProviderError("Limited.", {
    retryable: true,
    status: 429,
    code: "rate_limited",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

/** A limiter that lets everything through and keeps the books. */
class Ledger implements RateLimiter {
  readonly demands: Demand[] = [];
  readonly options: (ReserveOptions | undefined)[] = [];
  readonly settlements: Settlement[] = [];
  async reserve(demand: Demand, options?: ReserveOptions): Promise<Reservation> {
    this.demands.push(demand);
    this.options.push(options);
    return { settle: (settlement) => this.settlements.push(settlement) };
  }
}

describe("the limiter of a batch", () => {
  it("P29 calls of several batches that share one limiter hold the limit together", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 5, clock });
    const times: number[] = [];
    const subject = runnable(
      async (input: number) => {
        times.push(clock.now());
        await new Promise<void>((resolve) => clock.after(100, resolve));
        return input;
      },
      { limiter, maxConcurrency: 4 },
    );
    await clock.run(Promise.all([subject.batch(range(9), { clock }), subject.batch(range(9), { clock })]));
    expect(times).toHaveLength(18);
    for (const from of times) {
      expect(times.filter((time) => time >= from && time < from + 60_000).length).toBeLessThanOrEqual(5);
    }
    expect(clock.now()).toBeLessThan(4 * 60_000);
  });

  it("P29 a call demands one request, its inputs and their tokens", async () => {
    const limiter = new Ledger();
    const subject = bulkRunnable(async (inputs: readonly number[]) => [...inputs], {
      limiter,
      weigh: (input) => ({ tokens: input }),
      request: { maxInputs: 3 },
    });
    await subject.batch([1, 2, 3, 4]);
    expect(limiter.demands).toEqual([
      { requests: 1, inputs: 3, tokens: 6, inputTokens: 6, outputTokens: 0 },
      { requests: 1, inputs: 1, tokens: 4, inputTokens: 4, outputTokens: 0 },
    ]);
  });

  it("P28 every reservation is settled once, as the call ended and as the provider counted", async () => {
    const clock = new FakeClock();
    const limiter = new Ledger();
    const thrown = [limited(700), new ProviderError("Busy.", { retryable: true, status: 503 }), undefined];
    let calls = 0;
    const subject = runnable(
      async (input: number, options: CallOptions) => {
        const error = thrown[calls];
        calls += 1;
        options.report?.({
          usage: { inputTokens: 2, outputTokens: 3 },
          limits: { requests: { remaining: 9 } },
        });
        if (error !== undefined) throw error;
        return input;
      },
      { limiter, weigh: () => ({ tokens: 50 }), retry: { attempts: 3 } },
    );
    await clock.run(subject.batch([1], { clock }));
    expect(limiter.settlements.map((each) => each.outcome)).toEqual(["limited", "failed", "ok"]);
    expect(limiter.settlements[0]?.retryAfterMs).toBe(700);
    expect(limiter.settlements[2]?.used?.tokens).toBe(5);
    expect(limiter.settlements[2]?.limits).toEqual({ requests: { remaining: 9 } });
    expect(limiter.options.map((each) => each?.urgent === true)).toEqual([false, true, true]);
  });

  it("P28 a call that is aborted or times out settles its reservation too", async () => {
    const clock = new FakeClock();
    const limiter = new Ledger();
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, { limiter, maxConcurrency: 3 });
    const running = watch(
      subject.batch(range(3), {
        clock,
        signal: controller.signal,
        timeoutMs: 50,
        returnExceptions: true,
      }),
    );
    await turn();
    await clock.advance(50);
    expect(limiter.settlements).toHaveLength(3);
    expect(running.state).toBe("fulfilled");
    const second = watch(subject.batch(range(2), { signal: controller.signal }));
    await turn();
    controller.abort(new Error("enough"));
    await turn();
    expect(second.state).toBe("rejected");
    // A function that ignores its signal is still a call on the way: it is settled when it ends, at the latest.
    for (const call of backend.calls) call.answer(0);
    await turn();
    expect(limiter.settlements).toHaveLength(limiter.demands.length);
    expect(limiter.settlements).toHaveLength(5);
  });

  it("P21 a plain error with status 429 counts as a refusal", async () => {
    const limiter = new Ledger();
    const subject = runnable(
      async (): Promise<number> => {
        throw Object.assign(new Error("Too many requests."), { status: 429 });
      },
      { limiter },
    );
    await subject.batch([1], { returnExceptions: true });
    expect(limiter.settlements.map((each) => each.outcome)).toEqual(["limited"]);
  });

  it("P28 what a call reports after its timeout is not counted for the next call", async () => {
    const clock = new FakeClock();
    const limiter = new Ledger();
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, { limiter, timeoutMs: 50, maxConcurrency: 1 });
    const running = watch(subject.batch([0, 1], { clock, returnExceptions: true }));
    await turn();
    await clock.advance(50);
    expect(backend.calls).toHaveLength(2);
    backend.at(1).options.report?.({ usage: { inputTokens: 7 } });
    backend.at(0).options.report?.({ usage: { inputTokens: 999 } });
    backend.at(1).answer(1);
    await turn();
    expect(running.state).toBe("fulfilled");
    expect(limiter.settlements[1]?.used?.tokens).toBe(7);
  });

  it("P28 a reservation that comes after the abort is given back", async () => {
    const controller = new AbortController();
    const settlements: Settlement[] = [];
    const pending = Promise.withResolvers<Reservation>();
    const limiter: RateLimiter = { reserve: () => pending.promise };
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call, { limiter }).batch([1], { signal: controller.signal }));
    await turn();
    controller.abort(new Error("enough"));
    await turn();
    expect(running.state).toBe("rejected");
    pending.resolve({ settle: (settlement) => settlements.push(settlement) });
    await turn();
    expect(backend.calls).toHaveLength(0);
    expect(settlements).toHaveLength(1);
  });

  it("P29 a limiter that fails ends the batch with its error, keeps what finished, and hangs nothing", async () => {
    const clock = new FakeClock();
    const down = new ProviderError("The limiter is down.", { retryable: false });
    for (const fail of [
      (): Promise<Reservation> => Promise.reject(down),
      (): Promise<Reservation> => {
        throw down;
      },
    ]) {
      for (const returnExceptions of [false, true]) {
        let reserved = 0;
        const reserve = (): Promise<Reservation> => {
          reserved += 1;
          return reserved === 1 ? Promise.resolve({ settle: () => {} }) : fail();
        };
        const subject = runnable(async (input: number) => input, { limiter: { reserve } });
        const failure = (await reasonOf(clock.run(subject.batch([1, 2], { clock, returnExceptions })))) as BatchError;
        expect(failure.cause).toBe(down);
        expect(failure.outcomes).toMatchObject([{ index: 0, status: "fulfilled", value: 1 }]);
      }
    }
  });

  it("P27 a bulk request that is heavier than the limit is sent all the same", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 10, clock });
    const subject = bulkRunnable(async (inputs: readonly number[]) => [...inputs], {
      limiter,
      weigh: () => ({ tokens: 25 }),
      request: { maxInputs: 2 },
    });
    expect(await clock.run(subject.batch(range(6), { clock }))).toEqual(range(6));
  });

  it("P21 one Runnable's refusal pauses every other that shares the limiter", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 1000, clock });
    const refusing = new HeldBackend<number, number>();
    const other = new HeldBackend<number, number>();
    const left = watch(
      runnable(refusing.call, { limiter }).batch([1], {
        clock,
        retry: { attempts: 2, minDelayMs: 1, jitter: 0 },
      }),
    );
    await turn();
    refusing.at(0).fail(limited(8000));
    await turn();
    const right = watch(runnable(other.call, { limiter }).batch([2], { clock }));
    await clock.advance(7999);
    expect(refusing.calls).toHaveLength(1);
    expect(other.calls).toHaveLength(0);
    await clock.advance(60_000);
    refusing.at(1).answer(1);
    await turn();
    other.at(0).answer(2);
    await turn();
    expect([left.value, right.value]).toEqual([[1], [2]]);
  });
});

/** A provider with a token bucket of ten requests that fills in a minute, and headers that say so. */
class Bucket {
  readonly #clock: FakeClock;
  #level = 10;
  #at = 0;
  refused = 0;
  constructor(clock: FakeClock) {
    this.#clock = clock;
  }
  async answer(input: number, options: CallOptions): Promise<number> {
    this.#level = Math.min(10, this.#level + ((this.#clock.now() - this.#at) * 10) / 60_000);
    this.#at = this.#clock.now();
    const enough = this.#level >= 1;
    if (enough) this.#level -= 1;
    else this.refused += 1;
    const resetMs = Math.ceil(((10 - this.#level) * 60_000) / 10);
    const limits = { requests: { limit: 10, remaining: Math.floor(this.#level), resetMs } };
    await new Promise<void>((resolve) => this.#clock.after(200, resolve));
    options.report?.({ limits });
    if (!enough) throw limited();
    return input;
  }
}

describe("limits that are learned", () => {
  it("P29 after the first responses the headers are followed, with hardly a refusal and no idleness", async () => {
    const clock = new FakeClock();
    const provider = new Bucket(clock);
    const subject = runnable((input: number, options: CallOptions) => provider.answer(input, options), {
      limiter: rateLimiter({ clock }),
      maxConcurrency: 5,
      retry: { attempts: 8 },
    });
    expect(await clock.run(subject.batch(range(40), { clock }))).toEqual(range(40));
    expect(provider.refused).toBeLessThanOrEqual(5);
    // The bucket allows forty in three minutes; five leave room for caution.
    expect(clock.now()).toBeLessThan(5 * 60_000);
  });

  it("P29 P46 without headers the pace falls after refusals, few follow, and everything still comes through", async () => {
    const clock = new FakeClock();
    let inFlight = 0;
    let refused = 0;
    let peakOnceLearned = 0;
    const subject = runnable(
      async (input: number) => {
        inFlight += 1;
        const crowded = inFlight > 3;
        if (clock.now() > 1000) peakOnceLearned = Math.max(peakOnceLearned, inFlight);
        await new Promise<void>((resolve) => clock.after(100, resolve));
        inFlight -= 1;
        if (!crowded) return input;
        refused += 1;
        throw limited();
      },
      { limiter: rateLimiter({ clock }), maxConcurrency: 16, retry: { attempts: 20 } },
    );
    expect(await clock.run(subject.batch(range(1000), { clock, random: () => 0.5 }))).toEqual(range(1000));
    // Of the first burst of 16, the server takes three. Halving and growing what is in flight, it refused 184.
    expect(refused).toBeLessThanOrEqual(13 + 20);
    expect(peakOnceLearned).toBeLessThanOrEqual(6);
    // Three at once, each of 100 ms, take 33 s; it took 102 s.
    expect(clock.now()).toBeLessThan(100_000);
  });
});
