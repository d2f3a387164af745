/** Time since which a provider has answered nothing. A wait that it asks for is no silence, unless it asks for waits without end. */
export class Silence {
  #since = 0;
  #begunAt = 0;
  #askedUntil = -Infinity;

  /** Begins with the first failure after an answer. */
  begin(now: number): void {
    this.#since = now;
    this.#begunAt = now;
  }

  /** The provider asks for a wait; of all waits together at most `mostMs` count. */
  asked(now: number, waitMs: number, mostMs: number): void {
    const until = Math.min(now + waitMs, this.#begunAt + mostMs);
    this.#since += Math.max(0, until - Math.max(now, this.#askedUntil));
    this.#askedUntil = Math.max(this.#askedUntil, until);
  }

  /** Milliseconds that it has lasted. */
  ms(now: number): number {
    return now - this.#since;
  }
}
