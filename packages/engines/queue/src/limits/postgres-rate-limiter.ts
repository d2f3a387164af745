import { ArgumentError, type RateLimiter, systemClock } from "@batchwise/core";
import { QueueEngine } from "../engine/queue-engine.ts";
import { databaseCounter, type Limits } from "./counter.ts";
import { SharedLimiter } from "./shared-limiter.ts";

/** Limits of `postgresRateLimiter`. One at least; a number above 0. */
export interface SharedLimits {
  /** Calls a minute. @default unlimited */
  readonly requestsPerMinute?: number;
  /** Tokens a minute. @default unlimited */
  readonly tokensPerMinute?: number;
  /** Inputs a minute. @default unlimited */
  readonly inputsPerMinute?: number;
}

const MINUTE_MS = 60_000;
/** How late after its grant a call may begin and still be counted by the grant. */
const GRACE_MS = 1000;

/**
 * A rate limiter that all processes with the same engine and name share, for workers that share a key. In any window
 * of a minute no more passes than the limits say, whichever process it is that asks; only the database's clock counts.
 * What a process that dies had been granted comes back a minute later. A provider's refusal pauses all of them.
 *
 * Give every process the same limits. It costs a round trip for each call, or for as many as come meanwhile.
 *
 * @throws ArgumentError without a limit, or for one that is no number above 0.
 *
 * @example
 * const limiter = postgresRateLimiter(engine, "openai", { requestsPerMinute: 3_000, tokensPerMinute: 1_000_000 });
 * createWorker({ engine, runnables: { embed: withConfig(embeddings, { limiter }) } });
 */
export function postgresRateLimiter(engine: QueueEngine, name: string, limits: SharedLimits): RateLimiter {
  if (!(engine instanceof QueueEngine)) throw new ArgumentError("engine: expected postgresEngine() or pgliteEngine().");
  if (typeof name !== "string" || name === "") throw new ArgumentError("name: expected a text that is not empty.");
  return new SharedLimiter({
    counter: databaseCounter(engine, name, checked(limits), MINUTE_MS + GRACE_MS),
    clock: systemClock,
    graceMs: GRACE_MS,
    random: Math.random,
  });
}

function checked(limits: SharedLimits): Limits {
  const known = ["requestsPerMinute", "inputsPerMinute", "tokensPerMinute"] as const;
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  for (const [option, limit] of given) {
    if (!known.some((each) => each === option)) {
      throw new ArgumentError(`${option}: no such limit. Known limits: ${known.join(", ")}.`);
    }
    if (typeof limit !== "number" || !(limit > 0)) {
      throw new ArgumentError(`${option}: expected a number above 0.`);
    }
  }
  if (given.length === 0) throw new ArgumentError(`Expected a limit at least: one of ${known.join(", ")}.`);
  const { requestsPerMinute = Infinity, inputsPerMinute = Infinity, tokensPerMinute = Infinity } = limits;
  return { requests: requestsPerMinute, inputs: inputsPerMinute, tokens: tokensPerMinute };
}
