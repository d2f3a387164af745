import { type Demand, rateLimiter, type RateLimiter, type Reservation } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

const MINUTE = 60_000;
const LIMITS: Demand = { requests: 6, inputs: 40, tokens: 100 };
const KINDS = ["requests", "inputs", "tokens"] as const;

/** What a provider that counts over a sliding minute has seen. */
interface Call {
  readonly at: number;
  readonly counted: { requests: number; inputs: number; tokens: number };
  reservation: Reservation | undefined;
}

class Provider {
  readonly clock = new FakeClock();
  readonly limiter: RateLimiter = rateLimiter({
    requestsPerMinute: LIMITS.requests,
    inputsPerMinute: LIMITS.inputs,
    tokensPerMinute: LIMITS.tokens,
    clock: this.clock,
  });
  readonly calls: Call[] = [];
  readonly waiting: AbortController[] = [];

  admit(demand: Demand, reservation: Reservation): void {
    this.calls.push({ at: this.clock.now(), counted: { ...demand }, reservation });
    for (const kind of KINDS) {
      const seen = this.calls
        .filter((call) => call.at > this.clock.now() - MINUTE)
        .reduce((sum, call) => sum + call.counted[kind], 0);
      if (seen > LIMITS[kind]) {
        throw new Error(`${seen} ${kind} within a minute at ${this.clock.now()} ms; the limit is ${LIMITS[kind]}.`);
      }
    }
  }
}

type Step = fc.AsyncCommand<object, Provider>;
const failures: unknown[] = [];

class Reserve implements Step {
  readonly #demand: Demand;
  readonly #urgent: boolean;
  constructor(demand: Demand, urgent: boolean) {
    this.#demand = demand;
    this.#urgent = urgent;
  }
  check = (): boolean => true;
  async run(_model: object, provider: Provider): Promise<void> {
    const controller = new AbortController();
    provider.waiting.push(controller);
    const forget = (): void => {
      provider.waiting.splice(provider.waiting.indexOf(controller), 1);
    };
    provider.limiter
      .reserve(this.#demand, { signal: controller.signal, urgent: this.#urgent })
      .then(
        (reservation) => {
          forget();
          provider.admit(this.#demand, reservation);
        },
        (reason: unknown) => {
          forget();
          if (reason !== controller.signal.reason) failures.push(reason);
        },
      )
      .catch((error: unknown) => failures.push(error));
    await provider.clock.advance(0);
  }
  toString = (): string => `reserve(${JSON.stringify(this.#demand)}${this.#urgent ? ", urgent" : ""})`;
}

class Try implements Step {
  readonly #demand: Demand;
  constructor(demand: Demand) {
    this.#demand = demand;
  }
  check = (): boolean => true;
  async run(_model: object, provider: Provider): Promise<void> {
    const reservation = provider.limiter.tryReserve?.(this.#demand);
    if (reservation !== undefined) provider.admit(this.#demand, reservation);
  }
  toString = (): string => `tryReserve(${JSON.stringify(this.#demand)})`;
}

class Settle implements Step {
  readonly #which: number;
  readonly #share: number | undefined;
  readonly #outcome: "ok" | "failed";
  constructor(which: number, share: number | undefined, outcome: "ok" | "failed") {
    this.#which = which;
    this.#share = share;
    this.#outcome = outcome;
  }
  check = (): boolean => true;
  async run(_model: object, provider: Provider): Promise<void> {
    const open = provider.calls.filter((call) => call.reservation !== undefined);
    const call = open[this.#which % Math.max(1, open.length)];
    if (call === undefined) return;
    const share = this.#share;
    if (share !== undefined) call.counted.tokens = Math.floor(call.counted.tokens * share);
    call.reservation?.settle({
      outcome: this.#outcome,
      ...(share === undefined ? {} : { used: { tokens: call.counted.tokens } }),
    });
    call.reservation = undefined;
    await provider.clock.advance(0);
  }
  toString = (): string => `settle(${this.#which}, ${this.#outcome}, share ${this.#share})`;
}

class Abort implements Step {
  readonly #which: number;
  constructor(which: number) {
    this.#which = which;
  }
  check = (): boolean => true;
  async run(_model: object, provider: Provider): Promise<void> {
    provider.waiting[this.#which % Math.max(1, provider.waiting.length)]?.abort(new Error("enough"));
    await provider.clock.advance(0);
  }
  toString = (): string => `abort(${this.#which})`;
}

class Advance implements Step {
  readonly #ms: number;
  constructor(ms: number) {
    this.#ms = ms;
  }
  check = (): boolean => true;
  run = (_model: object, provider: Provider): Promise<void> => provider.clock.advance(this.#ms);
  toString = (): string => `advance(${this.#ms})`;
}

const demands = fc.record({
  requests: fc.constant(1),
  // Light ones, so that each of the three limits is the one that is reached at times.
  inputs: fc.oneof(fc.nat(4), fc.nat(LIMITS.inputs)),
  tokens: fc.oneof(fc.nat(9), fc.nat(LIMITS.tokens)),
});
const steps = fc.commands(
  [
    fc.tuple(demands, fc.boolean()).map(([demand, urgent]) => new Reserve(demand, urgent)),
    demands.map((demand) => new Try(demand)),
    fc
      .tuple(
        fc.nat(9),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
        fc.constantFrom<"ok" | "failed">("ok", "failed"),
      )
      .map(([which, share, outcome]) => new Settle(which, share, outcome)),
    fc.nat(9).map((which) => new Abort(which)),
    fc.oneof(fc.integer({ min: 0, max: MINUTE }), fc.constant(MINUTE)).map((ms) => new Advance(ms)),
  ],
  { maxCommands: 40, size: "max" },
);

describe("rateLimiter as a model", () => {
  it("P29 never lets more than a limit through in any minute, whatever is settled, aborted or urgent, and starves no one", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        failures.length = 0;
        const provider = new Provider();
        await fc.asyncModelRun(() => ({ model: {}, real: provider }), commands);
        for (const call of provider.calls) call.reservation?.settle({ outcome: "ok" });
        // Everyone who still waits comes through, one after another in the worst case.
        await provider.clock.advance(MINUTE * (provider.waiting.length + 1));
        expect(failures).toEqual([]);
        expect(provider.waiting).toHaveLength(0);
        expect(provider.clock.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
