import { factsOf } from "../contract/error-facts.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { Failure, Judgment } from "./failure.ts";
import { Health } from "./health.ts";
import { attemptsWhere, isUnavailable, isWorthRetrying, LONG_MS, mayRetry, RETRIES } from "./retry-policy.ts";

/** Share of first calls that a provider answers where a failure may be an input's fault. */
const RELIABLE = 0.6;

/** Health of the provider by one stage's calls, and so what a failure means: an outage, a limit, or a bad input. */
export class Judge extends Health {
  /** Decides what follows from a failure. A request that took too long is sent in parts. */
  judge({ chunk, error, isWhole }: Failure<unknown>): Judgment {
    const { retry, isPatient } = this.context.options;
    if (retry === undefined) return "over";
    const facts = factsOf(error);
    if (facts.code === "invalid_result" && this.asksAgain) return chunk.wrong <= RETRIES ? "try" : "over";
    if (!isPatient) return mayRetry(chunk, error, retry) ? "try" : "over";
    if (!isWorthRetrying(error, facts, retry)) return "over";
    if (facts.code === "rate_limited") return this.#judgeRefusal(chunk);
    const size = isWhole ? chunk.size : 1;
    if (facts.code === "timeout" && this.hangs && this.isSilent()) return "end";
    if (facts.code === "timeout" && size > 1) return "over";
    return isUnavailable(facts, size) ? this.#judgeSilence(chunk, size, facts.isUnsent) : this.#try(chunk);
  }

  /** A refusal by a rate limit says nothing of the input, unless it is the request that is too heavy for the limit. */
  #judgeRefusal(chunk: Chunk<unknown>): Judgment {
    // Where others get through, there is more to wait for.
    const isShared = (this.context.options.limiter?.silentMs ?? Infinity) < LONG_MS;
    if (this.isSilent(isShared ? this.outageMs : undefined)) return "end";
    const { failing } = chunk;
    if (chunk.size > 1 && this.#isTooHeavy(chunk)) return "over";
    if (failing === undefined || failing.refusals < this.attempts || failing.heard === this.heard) return "wait";
    return this.isOld(chunk, chunk.size > 1 ? LONG_MS : this.boundMs) ? "over" : "wait";
  }

  /** Tells whether a chunk is too heavy for the limit: one of its inputs got through alone, or another one as large was. */
  #isTooHeavy(chunk: Chunk<unknown>): boolean {
    if (chunk.failing?.isAsked === true && this.doubtsSize(chunk)) this.heavy = Math.min(this.heavy, chunk.size);
    return chunk.size >= this.heavy && this.isLarger(chunk.size);
  }

  #judgeSilence(chunk: Chunk<unknown>, size: number, isUnsent: boolean): Judgment {
    const isOvertaken = chunk.failing?.isOvertaken === true;
    if (size > 1 && isOvertaken && !isUnsent) return "over";
    // Where first calls are answered and further ones are not, it is the inputs at which the provider fails.
    if (isOvertaken && (chunk.failing?.alone ?? 0) > 1 && this.again < this.answered / 5) return this.#try(chunk, 0);
    const isShaky = isOvertaken && this.answered < RELIABLE;
    const ms = chunk.isSlow ? this.outageMs : undefined;
    if (isShaky || this.#isOutage(chunk, isUnsent)) return this.isSilent(ms) ? "end" : "wait";
    // Where others are answered, many are sent in parts before their tries are used up.
    return size > 1 && chunk.retries >= RETRIES && this.isBlamed(chunk) ? "over" : this.#try(chunk);
  }

  /** @param chance share of calls that fail by chance. @default none for what takes too long: each try takes as long */
  #try(chunk: Chunk<unknown>, chance: number = chunk.isSlow ? 0 : 1 - Math.max(this.answered, RELIABLE)): Judgment {
    return chunk.retries < attemptsWhere(chance, this.attempts) - 1 ? "try" : "over";
  }

  /** Tells whether a failure belongs to an outage, as what was not sent does. The last two inputs of a batch may each be bad. */
  #isOutage(chunk: Chunk<unknown>, isUnsent: boolean): boolean {
    const { limiter } = this.context.options;
    if (isUnsent) return limiter !== undefined;
    return limiter?.outage !== undefined && this.left > 2 && !this.isBlamed(chunk);
  }
}
