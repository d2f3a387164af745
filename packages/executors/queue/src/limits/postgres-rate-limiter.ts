import { ArgumentError, type RateLimiter, systemClock } from "@batchwise/core";
import { type QueueBackend, requireBackend } from "../backend/queue-backend.ts";
import { optionError, requireOptions } from "../option-error.ts";
import { databaseCounter, type Limits } from "./counter.ts";
import { SharedLimiter } from "./shared-limiter.ts";

/** Limits of `postgresRateLimiter`: at least one. Numbers above 0. */
export interface SharedLimits {
  /** Calls a minute. @default unlimited */
  readonly requestsPerMinute?: number;
  /** Tokens a minute. @default unlimited */
  readonly tokensPerMinute?: number;
  /** Inputs a minute. @default unlimited */
  readonly inputsPerMinute?: number;
}

const MINUTE_MS = 60_000;
/** Milliseconds after its grant in which a call may begin and still be counted by the grant. */
const GRACE_MS = 1000;

/**
 * Makes a rate limiter that all processes with the same backend and name share, for workers that share a key. In any
 * window of a minute, all of them together stay within the limits, by the database's clock alone. Grants of a process
 * that dies are free again a minute later. A provider's refusal pauses all processes.
 *
 * Give every process the same limits. It costs a round trip for each call, or for several that gather meanwhile.
 *
 * @throws ArgumentError without a limit, or for one that is not a number above 0.
 *
 * @example
 * const limiter = postgresRateLimiter(backend, "openai", { requestsPerMinute: 3_000, tokensPerMinute: 1_000_000 });
 * createWorker({ backend, runnables: { embed: withConfig(embeddings, { limiter }) } });
 */
export function postgresRateLimiter(backend: QueueBackend, name: string, limits: SharedLimits): RateLimiter {
  requireBackend(backend);
  if (typeof name !== "string" || name === "") throw optionError("name", "a text that is not empty", name);
  return new SharedLimiter({
    counter: databaseCounter(backend, name, checked(limits), MINUTE_MS + GRACE_MS),
    clock: systemClock,
    graceMs: GRACE_MS,
    random: Math.random,
  });
}

function checked(limits: SharedLimits): Limits {
  const known = ["requestsPerMinute", "tokensPerMinute", "inputsPerMinute"];
  requireOptions("postgresRateLimiter", limits, known);
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  for (const [option, limit] of given) {
    if (typeof limit !== "number" || !(limit > 0)) throw optionError(option, "a number above 0", limit);
  }
  if (given.length === 0) throw new ArgumentError(`Expected a limit, got none. Give ${known.join(", ")}.`);
  const { requestsPerMinute = Infinity, inputsPerMinute = Infinity, tokensPerMinute = Infinity } = limits;
  return { requests: requestsPerMinute, inputs: inputsPerMinute, tokens: tokensPerMinute };
}
