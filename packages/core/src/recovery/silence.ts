import type { ErrorFacts } from "../contract/error-facts.ts";

/** Time since which a provider has answered nothing. A wait that it asks for is no silence, unless it asks for waits without end. */
export class Silence {
  /** Inputs that alone were not answered in time, for the first time since it began. */
  readonly hanging: Set<number | undefined> = new Set();
  #since = 0;
  #begunAt = 0;
  #askedUntil = -Infinity;
  #isLimited = false;

  /** Begins with the first failure after an answer. */
  begin(now: number): void {
    this.#since = now;
    this.#begunAt = now;
    this.#isLimited = false;
    this.hanging.clear();
  }

  /**
   * Takes over a failure. Of the waits that the provider asks for, at most `mostMs` count. What took too long was no refusal by
   * a limit: with the next one it begins anew.
   */
  failed(now: number, { code, retryAfterMs = 0 }: Pick<ErrorFacts, "code" | "retryAfterMs">, mostMs: number): void {
    const isRefusal = code === "rate_limited";
    if (isRefusal && !this.#isLimited) this.begin(now);
    this.#isLimited = isRefusal || (this.#isLimited && code !== "timeout");
    const until = Math.min(now + retryAfterMs, this.#begunAt + mostMs);
    this.#since += Math.max(0, until - Math.max(now, this.#askedUntil));
    this.#askedUntil = Math.max(this.#askedUntil, until);
  }

  /** Milliseconds that it has lasted. */
  ms(now: number): number {
    return now - this.#since;
  }
}
