import { InputError, type CallOptions, type Demand, ProviderError, type RateLimitFacts } from "@batchwise/core";
import type { FakeClock } from "@batchwise/testkit";

/** A provider on a fake clock: what it allows, and how long its answers take. */
export interface Metered {
  readonly clock: FakeClock;
  /** Limits of each kind in a minute. */
  readonly limits: Partial<Demand>;
  /** The share of a minute's worth that is there at the start. */
  readonly fill: number;
  /** Milliseconds that an answer takes. */
  readonly latencyMs: (tokens: number) => number;
  /** Reports the limits in its responses. @default true */
  readonly tells?: boolean;
  /** Tells whether an input spoils its request. */
  readonly isBad?: (tokens: number) => boolean;
  /** Tells whether the call with this number, from 1, fails with a 503. */
  readonly isDown?: (call: number) => boolean;
}

/**
 * Buckets as a judge keeps them: filled evenly, taken from when a call arrives, and never below nothing. An input is
 * the number of its tokens.
 */
export class MeteredProvider {
  calls = 0;
  refused = 0;
  running = 0;
  peak = 0;
  readonly sizes: number[] = [];
  readonly #metered: Metered;
  readonly #levels = new Map<keyof Demand, number>();
  #at: number;

  constructor(metered: Metered) {
    this.#metered = metered;
    this.#at = metered.clock.now();
    for (const [kind, limit] of entries(metered.limits)) this.#levels.set(kind, limit * metered.fill);
  }

  /** The shortest time in which so much could pass, in milliseconds. */
  shortestMs(demand: Demand): number {
    return Math.max(
      ...entries(this.#metered.limits).map(
        ([kind, limit]) => ((demand[kind] ?? 0) - limit * this.#metered.fill) / (limit / 60_000),
      ),
    );
  }

  readonly answer = async (inputs: readonly number[], { report }: CallOptions): Promise<number[]> => {
    const { clock, latencyMs, tells = true, isBad, isDown } = this.#metered;
    this.calls++;
    this.sizes.push(inputs.length);
    const down = isDown?.(this.calls) === true;
    const tokens = inputs.reduce((total, each) => total + each, 0);
    const demand: Demand = { requests: 1, inputs: inputs.length, tokens };
    this.#refill();
    const passes = entries(this.#metered.limits).every(
      ([kind]) => (this.#levels.get(kind) as number) >= (demand[kind] ?? 0),
    );
    const bad = isBad !== undefined && inputs.some(isBad);
    const taken: Demand = passes && !bad ? demand : { requests: 1, inputs: 0, tokens: 0 };
    for (const [kind, level] of this.#levels) this.#levels.set(kind, level - (taken[kind] ?? 0));
    const limits = tells ? this.#facts() : undefined;
    this.peak = Math.max(this.peak, ++this.running);
    await new Promise<void>((resolve) => clock.after(latencyMs(passes && !bad ? tokens : 0), resolve));
    this.running--;
    const usage = { inputTokens: taken.tokens };
    if (!down) report?.({ usage, ...(limits === undefined ? {} : { limits }) });
    if (down) throw new ProviderError("Down.", { retryable: true, status: 503 });
    if (bad) throw new InputError("Poison.");
    if (passes) return [...inputs];
    this.refused++;
    throw new ProviderError("Limited.", { retryable: true, status: 429, code: "rate_limited" });
  };

  #refill(): void {
    const now = this.#metered.clock.now();
    for (const [kind, limit] of entries(this.#metered.limits)) {
      const level = (this.#levels.get(kind) as number) + ((now - this.#at) * limit) / 60_000;
      this.#levels.set(kind, Math.min(limit, level));
    }
    this.#at = now;
  }

  #facts(): RateLimitFacts {
    return Object.fromEntries(
      entries(this.#metered.limits).map(([kind, limit]) => {
        const remaining = Math.max(0, Math.floor(this.#levels.get(kind) as number));
        const resetMs = Math.ceil(((limit - remaining) / limit) * 60_000);
        return [kind, { limit, remaining, resetMs }];
      }),
    );
  }
}

function entries(limits: Partial<Demand>): [keyof Demand, number][] {
  return Object.entries(limits) as [keyof Demand, number][];
}
