/** Milliseconds after which a call that is under way was not refused: to refuse takes less time than to answer. */
export const ADMITTED_MS = 1000;
/** The same in times as long as a refusal takes, where that is longer. */
const ADMITTED_TIMES = 4;
/** Calls in flight from which on no more are to be found out. */
const MOST = 1024;

/** Calls that ask whether calls are still refused. A refusal takes less time than an answer: what is under way for longer was not. */
export class AskingCalls {
  /** Milliseconds after which a call was not refused. Changed here alone. */
  ms: number = ADMITTED_MS;
  /** Times at which they began, the first ones first. */
  #begun: number[] = [];
  /** Calls that may be in flight, twice as many with each while without a refusal. Changed here alone. */
  room = 1;
  #moreAt = Infinity;

  /** Calls that are not known to have got through. */
  get open(): number {
    return this.#begun.length;
  }

  /** Time from which there is more room, or one of them has got through. */
  get nextAt(): number {
    return Math.min((this.#begun[0] ?? Infinity) + this.ms, this.#moreAt);
  }

  sent(now: number): void {
    this.#begun.push(now);
  }

  /** A call has ended that began at `startedAt`. */
  ended(startedAt: number): void {
    if (startedAt >= (this.#begun[0] ?? Infinity)) this.#begun.shift();
  }

  /** A refusal took so many milliseconds. */
  refused(ms: number): void {
    this.ms = Math.max(ADMITTED_MS, ADMITTED_TIMES * ms);
  }

  /** Time at which the next one began that has got through; undefined where none has. */
  admitted(now: number): number | undefined {
    return (this.#begun[0] ?? Infinity) + this.ms <= now ? this.#begun.shift() : undefined;
  }

  grow(now: number): void {
    if (now < this.#moreAt) return;
    this.room *= 2;
    this.#moreAt = this.room < MOST ? now + this.ms : Infinity;
  }

  /** Begins with one call in flight. */
  restart(now: number): void {
    this.room = 1;
    this.#moreAt = now + this.ms;
  }

  clear(): void {
    this.#begun = [];
  }
}
