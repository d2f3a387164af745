/** Answers of a class before it is believed. */
const ENOUGH = 3;
/** Answers over which the time of a class is averaged. */
const MEMORY = 12;
/** Answers over which the relative deviation of all classes is averaged. */
const SPREAD_MEMORY = 32;
/** Times the shortest answer's time that a quick one may take. */
const QUICK = 2.3;
/** Share of the time left that an answer may take besides, deviations included. */
const SHARE_OF_LEFT = 0.02;
/** Share of the shortest answer's time by which the last ones may take longer. */
const LAST = 0.5;
/** Growth of the time from one class to the next where it is unknown. */
const GROWTH = 2;
/** Share of the most work a millisecond at which a smaller size is as good. */
const AS_GOOD = 0.9;

/** Times of answers whose requests weighed about the same. */
interface Class {
  answers: number;
  meanMs: number;
}

/** Bounds of a choice. */
export interface Choice {
  /** Weight of the smallest requests that are sent where more is left: of smaller ones nothing is compared. */
  readonly least: number;
  /** Weight of what is not sent yet, and the milliseconds that it takes at the limits; Infinity where its end is unknown. */
  readonly unsent: number;
  readonly leftMs: number;
  /** Milliseconds that no answer is expected to take. */
  readonly mostMs: number;
  /** Weight a millisecond that the calls in flight have to carry. */
  readonly perMs: number;
  /** Calls in flight at most. */
  readonly inFlight: number;
}

/**
 * Times that answers take, by the weight of their requests: a class holds those between the square roots of a half and of
 * two times a power of two.
 */
export class SizeClasses {
  readonly #classes: Class[] = [];
  #answers = 0;
  /** Mean share by which an answer differs from its class. */
  #deviation = 0;

  /** Takes over the time of a whole answer. */
  observe(weight: number, ms: number): void {
    const place = placeOf(weight);
    const known = (this.#classes[place] ??= { answers: 0, meanMs: 0 });
    known.answers++;
    if (known.answers > 1 && known.meanMs > 0) {
      this.#answers++;
      const deviation = Math.abs(ms / known.meanMs - 1);
      this.#deviation += (deviation - this.#deviation) / Math.min(this.#answers, SPREAD_MEMORY);
    }
    known.meanMs += (ms - known.meanMs) / Math.min(known.answers, MEMORY);
  }

  /**
   * The largest weight whose answers are quick: they take little longer than the shortest ones, or little of the time
   * that is left, and end no later than the work does. Undefined while no class is known.
   */
  choose(choice: Choice): number | undefined {
    const { mostMs, inFlight, least, unsent } = choice;
    const all = [...this.#classes.keys()].filter((place) => (this.#classes[place]?.answers ?? 0) >= ENOUGH);
    const from = Math.min(placeOf(least), all.at(-1) ?? 0);
    const known = all.filter((place) => place >= from);
    const [smallest] = known;
    if (smallest === undefined) return undefined;
    const mostWork = inFlight * Math.max(...known.map((place) => this.#workOf(place)));
    const leftMs = Math.max(choice.leftMs, unsent / mostWork);
    const shortestMs = Math.min(...known.map((place) => this.#meanMs(place)));
    const spread = 1 + 2 * this.#deviation;
    const isQuick = (ms: number): boolean =>
      ms < mostMs &&
      (ms - shortestMs) * spread <= Math.max(leftMs, LAST * shortestMs) &&
      (ms <= QUICK * shortestMs || (leftMs < Infinity && ms * spread <= SHARE_OF_LEFT * leftMs));
    const quick = known.findLast((place) => isQuick(this.#meanMs(place))) ?? smallest;
    const place = this.#isWorthGrowing(quick, isQuick) ? quick + 1 : quick;
    const weight = 2 ** place;
    return inFlight * this.#workOf(place) >= choice.perMs ? weight : Math.max(weight, this.#mostWork(known, mostMs));
  }

  /** The next class is tried while nothing, or nothing better, is known of it. */
  #isWorthGrowing(place: number, isQuick: (ms: number) => boolean): boolean {
    return (this.#classes[place + 1]?.answers ?? 0) < ENOUGH && isQuick(this.#expectedMs(place + 1));
  }

  /** The smallest weight that does nearly the most work in a time, where the calls in flight cannot carry the rate. */
  #mostWork(known: readonly number[], mostMs: number): number {
    const last = known.at(-1) as number;
    const places = [...known, last + 1].filter((place) => place === known[0] || this.#expectedMs(place) < mostMs);
    const most = Math.max(...places.map((place) => this.#workOf(place)));
    return 2 ** (places.find((place) => this.#workOf(place) >= AS_GOOD * most) as number);
  }

  /** Weight a millisecond of one call. */
  #workOf(place: number): number {
    return 2 ** place / this.#expectedMs(place);
  }

  /** Mean time of a class, or what it comes to by those below it. */
  #expectedMs(place: number): number {
    if ((this.#classes[place]?.answers ?? 0) >= ENOUGH) return this.#meanMs(place);
    const below = this.#meanMs(place - 1);
    const further = this.#meanMs(place - 2);
    return below * (further > 0 ? Math.min(GROWTH, Math.max(1, below / further)) : GROWTH);
  }

  #meanMs(place: number): number {
    return this.#classes[place]?.meanMs ?? 0;
  }
}

function placeOf(weight: number): number {
  return Math.max(0, Math.round(Math.log2(weight)));
}
