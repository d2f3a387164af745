import { AskingCalls } from "./asking-calls.ts";
import { Spacing } from "./spacing.ts";
import { Streak } from "./streak.ts";
import { ENOUGH, Trials } from "./trials.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Calls over which the share of refusals is taken at least. */
const MEMORY = 20;
/** Milliseconds over which the rate between two refusals is taken at least, or `ENOUGH` calls. */
const ENOUGH_MS = 3 * SECOND_MS;
/** Milliseconds over which any rate is taken at least. */
const LEAST_MS = 100;
/** Calls in flight, as a share of those that the pace leads to, and more that may hang. */
const PACED = 1.25;
const SPARE = 4;
/** Calls under way that tell whether the pace helps. */
const TRIED = 2;

/**
 * Pace after refusals that no known limit explains: the calls that got through before them, evenly spaced, and more with
 * each few seconds without a refusal. Limits that are reported may be a day's, or another model's. A refusal takes less
 * time than an answer, so that calls which have been under way for long are known to have got through.
 */
export class Pace {
  /** True where calls go as if none had been refused. Changed here alone. */
  isFree = true;
  readonly #spacing = new Spacing();
  readonly #sent = new SentCalls();
  readonly #asking = new AskingCalls();
  /** Calls that were sent, and those of them that are under way. */
  #number = 0;
  #open = 0;
  #streak: Streak | undefined;
  #refusedAt = -Infinity;
  /** Calls that had not been refused by the beginning of the last streak. */
  #mark: { readonly at: number; readonly total: number } | undefined;
  /** Share of the last calls that was refused. */
  #share = 0;
  readonly #trials = new Trials();

  /** True from a refusal until a call has got through: one is sent at a time, to ask. */
  get isAsking(): boolean {
    return this.#streak !== undefined;
  }

  /** True where refusals are of a limit, and not by chance. */
  get isLimit(): boolean {
    const { isMixed } = this.#trials;
    return (this.#spacing.perMs !== undefined && !isMixed) || this.#streak?.isLimit(isMixed) === true;
  }

  /** True where calls are refused at any pace, as by a provider that is busy: to send fewer does not help. */
  get isVain(): boolean {
    return this.#trials.current !== undefined;
  }

  /** True while the next calls tell whether the pace helps: few at a time. */
  get isTrying(): boolean {
    return this.#trials.current?.isOpen === true;
  }

  /** Time from which `roomAt` finds more. */
  get nextAt(): number {
    return this.#asking.nextAt;
  }

  /** Milliseconds until a call may be sent. */
  waitMs(now: number): number {
    return this.isFree || this.isAsking ? 0 : this.#spacing.waitMs(now);
  }

  /**
   * Calls that may be in flight by what is known after refusals; 0 while those are under way that ask.
   *
   * @param latencyMs time that a call takes
   */
  roomAt(now: number, latencyMs: number): number {
    for (let at; (at = this.#asking.admitted(now)) !== undefined;) this.#admitted(at, now);
    this.#asking.grow(now);
    if (this.isAsking || this.isTrying) return this.#asking.open < (this.isAsking ? 1 : TRIED) ? Infinity : 0;
    return Math.min(this.#asking.room, SPARE + Math.ceil(PACED * (this.#spacing.perMs ?? Infinity) * (latencyMs || 1)));
  }

  /** Takes over that a call has been sent. Returns its number. */
  sent(now: number): number {
    this.#open++;
    this.#sent.add(now, this.#streak?.since ?? now);
    if (!this.isFree) {
      if (this.isAsking || this.isTrying) this.#asking.sent(now);
      this.#trials.current?.sent(now);
      this.#spacing.sent(now);
    }
    return this.#number++;
  }

  /** A call that began at `startedAt` was not sent after all. */
  withdrawn(startedAt: number): void {
    this.#open--;
    this.#sent.remove(startedAt);
  }

  /** Takes over that the call `number` has got through, which began at `startedAt`. */
  passed(number: number, startedAt: number, now: number): void {
    this.#share -= this.#share / Math.max(MEMORY, this.#open--);
    if (this.isFree) return;
    this.#trials.current?.ended(number, false, now - this.#asking.ms);
    this.#asking.ended(startedAt);
    this.#admitted(startedAt, now);
    if (!this.isAsking) this.#spacing.passed(now);
  }

  /** Takes over an unexplained refusal of the call `number`, which began at `startedAt`. Those in flight together are one. */
  refused(number: number, startedAt: number, now: number): void {
    this.#sent.remove(startedAt);
    this.#asking.refused(now - startedAt);
    this.#share += (1 - this.#share) / Math.max(MEMORY, this.#open--);
    this.#streak?.add(this.#share);
    this.#asking.ended(startedAt);
    const { current: trial } = this.#trials;
    if (trial !== undefined) {
      if (!trial.ended(number, true, now - this.#asking.ms)) return;
      this.#trials.end(now);
      this.#spacing.restore();
    }
    if (startedAt < this.#refusedAt) return;
    this.#refusedAt = now;
    if (this.#streak !== undefined) return this.#streak.goOn();
    const { at = now, total = 0 } = this.#mark ?? {};
    this.#trials.refused(this.#spacing, this.#sent.total - total, now - at);
    this.isFree = false;
    this.#streak = new Streak(now);
    this.#streak.add(this.#share);
    this.#asking.clear();
  }

  /** A call was not refused. What began before a refusal says nothing of the time after it. */
  #admitted(startedAt: number, now: number): void {
    if (startedAt < this.#refusedAt) return;
    if (this.#streak !== undefined) this.#recover(this.#streak, startedAt, now);
  }

  /** Finds the pace by the first call that has got through after refusals. */
  #recover({ since }: Streak, startedAt: number, now: number): void {
    const { isLimit } = this;
    this.isFree = !isLimit && this.#spacing.perMs === undefined;
    this.#streak = undefined;
    this.#asking.clear();
    if (!isLimit) return;
    this.#spacing.refused(this.#rate(since, startedAt), startedAt, now);
    this.#asking.restart(now);
    if (this.#trials.begin(now, this.#share, this.#number)) this.#spacing.lift();
  }

  /** Calls in a millisecond that got through between two streaks, or before the first one. */
  #rate(since: number, startedAt: number): number {
    const mark = { at: since, total: this.#sent.total - 1 };
    const { at, total } = this.#mark ?? mark;
    this.#mark = mark;
    const [calls, ms] = [mark.total - total, since - at];
    if (calls >= ENOUGH || ms >= ENOUGH_MS) return calls / ms;
    return Math.max(this.#sent.rateBefore(since), 1 / Math.max(LEAST_MS, startedAt - this.#refusedAt));
  }
}

/** Calls that were sent and not refused, by the second in which they began. What is under way counts: refusals come at once. */
class SentCalls {
  total = 0;
  readonly #seconds: { readonly at: number; calls: number }[] = [];

  /** @param end time before whose last minute nothing is needed */
  add(now: number, end: number): void {
    this.total++;
    const last = this.#seconds.at(-1);
    if (last === undefined || now - last.at >= SECOND_MS) this.#seconds.push({ at: now, calls: 1 });
    else last.calls++;
    while ((this.#seconds[0]?.at ?? end) <= end - MINUTE_MS) this.#seconds.shift();
  }

  /** A call that began at `startedAt` was refused, or not sent after all. */
  remove(startedAt: number): void {
    this.total--;
    const second = this.#seconds.findLast(({ at }) => at <= startedAt);
    if (second !== undefined) second.calls--;
  }

  /** Calls in a millisecond of the minute before `end`, or since the first call. */
  rateBefore(end: number): number {
    const recent = this.#seconds.filter(({ at }) => at > end - MINUTE_MS && at <= end);
    const total = recent.reduce((sum, { calls }) => sum + calls, 0);
    return total / Math.max(LEAST_MS, end - (recent[0]?.at ?? end));
  }
}
