import type { OutageFacts } from "../contract/rate-limiter.ts";

/** Milliseconds of the first pause between two calls that ask, which doubles with every one that fails, and of the longest. */
const FIRST_MS = 500;
const LONGEST_MS = 20_000;
/** Failures in a row after which it is asked: as many as are in flight, within these. */
const FEWEST = 2;
const MOST = 10;

/**
 * Outage of the provider, as the calls of one limiter see it: after some failures in a row that say nothing of the inputs,
 * only one call at a time goes through, ever more rarely, until one is answered.
 */
export class Outage {
  /** The outage, while there is one. Changed here alone. */
  facts: OutageFacts | undefined;
  #answeredAt: number | undefined;
  #failures = 0;
  #since = 0;
  #pauseMs = 0;

  /** Milliseconds since the provider last answered; undefined before it did. */
  silentMs(now: number): number | undefined {
    return this.#answeredAt === undefined ? undefined : now - this.#answeredAt;
  }

  /** The provider did not answer a call that began at `startedAt`. */
  failed(startedAt: number, now: number, inFlight: number): void {
    if (this.#failures++ === 0) this.#since = now;
    if (this.facts === undefined) {
      if (this.#failures < Math.min(Math.max(inFlight, FEWEST), MOST)) return;
      this.#pauseMs = FIRST_MS;
    } else {
      // Those that were in flight together say it once.
      if (startedAt < this.facts.until) return;
      this.#pauseMs = Math.min(LONGEST_MS, 2 * this.#pauseMs);
    }
    this.facts = { since: this.#since, until: now + this.#pauseMs };
  }

  /** The provider answered a call that began at `startedAt`, be it with a refusal. */
  answered(startedAt: number, now: number): void {
    this.#answeredAt = now;
    // What was sent before the outage says nothing of its end.
    if (this.facts !== undefined && startedAt < this.#since) return;
    this.#failures = 0;
    this.facts = undefined;
  }
}
