import { type Clock, type Demand, type LimitFacts, ProviderError, type RateLimitFacts } from "@batchwise/core";
import { noise, type Random } from "./random.ts";
import type { Answer, Server } from "./server.ts";
import { type Text, tokensIn } from "./texts.ts";

const MINUTE_MS = 60_000;
/** Time's worth that buckets hold at the start, as in the middle of a long job. */
const FILL_MS = 2000;

/** Limit of a provider: so much a minute, or another period. */
export interface Limit {
  readonly kind: "requests" | "tokens";
  readonly limit: number;
  /** @default a minute */
  readonly periodMs?: number;
  /** Amount that may pass at the start. @default two seconds' worth */
  readonly fill?: number;
}

/** Time of an answer: (a base and a part for each token) times lognormal noise, between two bounds. */
interface Latency {
  readonly baseMs: number;
  readonly usPerToken: number;
  readonly sigma: number;
  /** @default 0 */
  readonly minMs?: number;
  /** @default Infinity */
  readonly maxMs?: number;
}

/** Ways of a provider. */
export interface Ways {
  readonly limits: readonly Limit[];
  readonly latency: Latency;
  /** Share of the admitted requests that are answered with a 503, whose tokens are spent. @default 0 */
  readonly outageShare?: number;
  /** True where the tokens of a request that is refused for an input are spent, too. @default false */
  readonly countsRefused?: boolean;
  /** True where its headers say nothing of the limits. @default false */
  readonly isSilent?: boolean;
  /** Milliseconds' worth of limits that come in a time: another user of the key may take the rest. @default all of it */
  readonly gainedMs?: (from: number, until: number) => number;
}

/**
 * Provider whose limits fill evenly and hold a period's worth, as OpenAI's. A refused request counts as a request all the
 * same; headers tell what is left when a request arrives; of several limits on one quantity they tell the last one.
 */
export class LimitedProvider implements Server {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ways: Ways;
  readonly #levels: number[];
  #at = 0;

  constructor(clock: Clock, random: Random, ways: Ways) {
    this.#clock = clock;
    this.#random = random;
    this.#ways = ways;
    this.#levels = ways.limits.map(({ limit, periodMs = MINUTE_MS, fill }) => fill ?? (limit * FILL_MS) / periodMs);
  }

  /** The shortest time in which so much can pass, and the last of it be answered by one of the fastest answers. */
  boundMs(demand: Pick<Demand, "requests" | "tokens">): number {
    const { limits, latency, gainedMs } = this.#ways;
    if (gainedMs !== undefined) throw new Error("The bound is not known where another user takes a part.");
    const waits = limits.map(({ kind, limit, periodMs = MINUTE_MS, fill }) => {
      const start = fill ?? (limit * FILL_MS) / periodMs;
      return ((demand[kind] - start) / limit) * periodMs;
    });
    // One answer in forty is faster.
    const fastestMs = Math.max(latency.minMs ?? 0, latency.baseMs * Math.exp(-2 * latency.sigma));
    return Math.max(0, ...waits) + fastestMs;
  }

  send(texts: readonly Text[], done: (answer: Answer) => void): () => void {
    const { outageShare = 0, isSilent = false, latency } = this.#ways;
    this.#refill();
    const tokens = tokensIn(texts);
    const error = this.#admit(texts, tokens) ?? (this.#random() < outageShare ? unavailable() : undefined);
    const limits = isSilent ? {} : { limits: this.#facts() };
    const { baseMs, usPerToken, sigma, minMs = 0, maxMs = Infinity } = latency;
    const meanMs = error === undefined ? baseMs + (usPerToken * tokens) / 1000 : baseMs / 2;
    const ms = Math.min(maxMs, Math.max(minMs, meanMs * noise(this.#random, sigma)));
    return this.#clock.after(ms, () => done(error === undefined ? { ...limits } : { ...limits, error }));
  }

  /** Takes a request from the limits; returns the error of one that is refused. */
  #admit(texts: readonly Text[], tokens: number): Error | undefined {
    const waitMs = Math.max(this.#take("requests", 1), 0);
    if (waitMs > 0) {
      for (const [index, { kind }] of this.#ways.limits.entries()) {
        if (kind === "requests") this.#levels[index] = Math.max(0, this.#levels[index]! - 1);
      }
      return limited(waitMs);
    }
    const isBad = texts.some((text) => text.isBad);
    if (isBad && this.#ways.countsRefused !== true) return refused();
    const tokensMs = this.#take("tokens", tokens);
    if (tokensMs > 0) return limited(tokensMs);
    return isBad ? refused() : undefined;
  }

  /** Takes so much of all limits of a kind, or returns the milliseconds until it may be taken. */
  #take(kind: Limit["kind"], amount: number): number {
    let waitMs = 0;
    for (const [index, each] of this.#ways.limits.entries()) {
      const missing = amount - this.#levels[index]!;
      if (each.kind === kind && missing > 0) {
        waitMs = Math.max(waitMs, (missing / each.limit) * (each.periodMs ?? MINUTE_MS));
      }
    }
    if (waitMs > 0) return waitMs;
    for (const [index, each] of this.#ways.limits.entries()) {
      if (each.kind === kind) this.#levels[index]! -= amount;
    }
    return 0;
  }

  #refill(): void {
    const now = this.#clock.now();
    const ms = this.#ways.gainedMs?.(this.#at, now) ?? now - this.#at;
    this.#at = now;
    for (const [index, { limit, periodMs = MINUTE_MS }] of this.#ways.limits.entries()) {
      this.#levels[index] = Math.min(limit, this.#levels[index]! + (ms * limit) / periodMs);
    }
  }

  #facts(): RateLimitFacts {
    const facts: { -readonly [Kind in Limit["kind"]]?: LimitFacts } = {};
    for (const [index, { kind, limit, periodMs = MINUTE_MS }] of this.#ways.limits.entries()) {
      const remaining = Math.floor(this.#levels[index]!);
      facts[kind] = { limit, remaining, resetMs: Math.ceil(((limit - remaining) / limit) * periodMs) };
    }
    return facts;
  }
}

function limited(waitMs: number): Error {
  const retryAfterMs = Math.ceil(waitMs);
  return new ProviderError("Limited.", { code: "rate_limited", status: 429, retryable: true, retryAfterMs });
}

function refused(): Error {
  return new ProviderError("Refused.", { code: "invalid_input", status: 400, retryable: false });
}

function unavailable(): Error {
  return new ProviderError("Unavailable.", { status: 503, retryable: true });
}
