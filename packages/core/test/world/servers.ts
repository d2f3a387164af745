import { type CallOptions, ProviderError, type RateLimitFacts } from "@batchwise/core";
import { sleep } from "../../src/contract/clock.ts";
import type { FakeClock } from "@batchwise/testkit";

/** Limit on calls that a server keeps, whatever its headers say. */
export type Gate = (now: number) => boolean;

/** Lets `count` calls pass in each window, which begins anew at once. */
export function fixedWindow(count: number, windowMs: number): Gate {
  let window = -1;
  let passed = 0;
  return (now) => {
    const current = Math.floor(now / windowMs);
    if (current !== window) passed = 0;
    window = current;
    return ++passed <= count;
  };
}

/** Bucket of `count` calls that fills evenly. */
export function leakyBucket(count: number, perSecond: number): Gate {
  let level = count;
  let at = 0;
  return (now) => {
    level = Math.min(count, level + ((now - at) * perSecond) / 1000);
    at = now;
    if (level < 1) return false;
    level--;
    return true;
  };
}

/** Ways of a server besides its answers. */
export interface Manners {
  /** Wait that a refusal asks for. */
  readonly retryAfterMs?: number;
  /** Limits in the headers of each response. */
  readonly limits?: RateLimitFacts;
  /** Milliseconds that an answer takes. @default 110 */
  readonly latencyMs?: number;
}

/** Server of one input a call that refuses what its gate does not let pass. */
export class LimitedServer {
  calls = 0;
  refused = 0;
  readonly #clock: FakeClock;
  readonly #gate: Gate;
  readonly #manners: Manners;

  constructor(clock: FakeClock, gate: Gate, manners: Manners = {}) {
    this.#clock = clock;
    this.#gate = gate;
    this.#manners = manners;
  }

  readonly answer = async (input: number, { report }: CallOptions): Promise<number> => {
    const { latencyMs = 110, limits, retryAfterMs } = this.#manners;
    this.calls++;
    const isLet = this.#gate(this.#clock.now());
    await new Promise<void>((resolve) => this.#clock.after(latencyMs, resolve));
    if (limits !== undefined) report?.({ limits });
    if (isLet) return input;
    this.refused++;
    throw new ProviderError("Too many requests.", { code: "rate_limited", status: 429, retryable: true, retryAfterMs });
  };
}

/** A time in which a server does not answer, in milliseconds. */
interface Downtime {
  readonly from: number;
  readonly until: number;
}

/** Server of many inputs a call, which fails for a while, at certain inputs, or at too many. */
export class BulkServer {
  calls = 0;
  /** Calls while it was down. */
  asked = 0;
  readonly sizes: number[] = [];
  readonly #clock: FakeClock;
  readonly #ways: BulkWays;

  constructor(clock: FakeClock, ways: BulkWays) {
    this.#clock = clock;
    this.#ways = ways;
  }

  readonly answer = async (inputs: readonly number[], options: CallOptions): Promise<number[]> => {
    const { bad, down, latencyMs = 110, msEach = 0, most = Infinity } = this.#ways;
    this.calls++;
    this.sizes.push(inputs.length);
    const now = this.#clock.now();
    if (down !== undefined && now >= down.from && now < down.until) {
      this.asked++;
      await sleep(5, this.#clock, options.signal);
      throw this.#ways.failure ?? UNREACHABLE();
    }
    await sleep(latencyMs + msEach * inputs.length, this.#clock, options.signal);
    if (inputs.length > most || inputs.some((each) => bad?.includes(each))) {
      throw new ProviderError("Internal error.", { status: 500, retryable: true });
    }
    return inputs.map((each) => each);
  };
}

/** Ways of a `BulkServer`. */
export interface BulkWays {
  readonly down?: Downtime;
  /** Error while it is down. @default connection refused */
  readonly failure?: Error;
  /** Inputs that make every request a 500. */
  readonly bad?: readonly number[];
  /** Inputs of more than which every request is a 500. */
  readonly most?: number;
  readonly latencyMs?: number;
  /** Milliseconds that each input takes, besides. */
  readonly msEach?: number;
}

const UNREACHABLE = (): Error => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

/** Server of many inputs a call that refuses requests by what they hold, for good. */
export class RefusingServer {
  calls = 0;
  readonly #clock: FakeClock;
  readonly #refuse: (inputs: readonly number[], call: number) => Error | undefined;

  constructor(clock: FakeClock, refuse: (inputs: readonly number[], call: number) => Error | undefined) {
    this.#clock = clock;
    this.#refuse = refuse;
  }

  readonly answer = async (inputs: readonly number[]): Promise<number[]> => {
    const call = ++this.calls;
    await new Promise<void>((resolve) => this.#clock.after(110, resolve));
    const refusal = this.#refuse(inputs, call);
    if (refusal !== undefined) throw refusal;
    return [...inputs];
  };
}
