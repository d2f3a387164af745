import type { RateLimiter } from "../contract/rate-limiter.ts";
import { Climb } from "./climb.ts";
import { SizeClasses } from "./size-classes.ts";

/** Parts of the first size in which the first requests go out, so that the times of several sizes are known soon. */
const FIRST_PARTS = [1 / 4, 1 / 2, 1 / 4, 1 / 2];
/** Requests of which one is small, so that the shortest time stays known. */
const SMALL_EVERY = 16;
const SMALL_PART = 1 / 4;
/** Requests that are to follow where a small one is worth it. */
const ENOUGH_WORK = 16;
/** Share of what one call may take at most that an answer is expected to take. */
const SHARE_OF_TIMEOUT = 1 / 2;
/** Requests of a limit on tokens that a limit on requests must allow at least, so that it is not the one that binds. */
const HEADROOM = 2;
const MINUTE_MS = 60_000;
/** Milliseconds' worth of the limits that one request takes at most: others may use them, and answers tell what is left. */
const LONGEST_SHARE_MS = 1000;
/** Milliseconds that a request takes at most with which a search for its size begins. */
const SHORT_MS = 1000;

/** Work for which the size of the next request is chosen. A weight is tokens or, where nothing is weighed, inputs. */
export interface Work {
  /** Weight of a request at most. */
  readonly most: number;
  /** Weight of what is not sent yet; Infinity where that is unknown. */
  readonly unsent: number;
  /** Weight that the limits let pass in a minute; undefined where it is not limited. */
  readonly perMinute: number | undefined;
  /** Requests that they let pass in a minute: 0 where a longer time limits them, undefined where nothing does. */
  readonly requestsPerMinute: number | undefined;
  /** Milliseconds that the unsent work takes at the limits; Infinity where that is unknown. */
  readonly leftMs: number;
  readonly timeoutMs: number;
  /** Calls in flight at most. */
  readonly inFlight: number;
}

/**
 * Size of requests, learned from the time that answers take: as large as it may be without anything waiting for one slow
 * answer. With no limits told, the number in flight is learned, too.
 */
export class RequestSize {
  readonly #classes = new SizeClasses();
  #climb: Climb | undefined;
  /** Weight that the first answer comes to in a second; undefined before it. */
  #short: number | undefined;
  #work: Work | undefined;
  #requests = 0;

  /** Calls in flight, where no limit is told. */
  get inFlight(): number | undefined {
    return this.#climb && Math.min(this.#climb.setting.inFlight, this.#work?.inFlight ?? Infinity);
  }

  /**
   * Weight of the next request at most.
   *
   * @param first weight of a request before anything is known
   */
  next(work: Work, first: number): number {
    this.#work = work;
    if (this.#short === undefined) return Math.min(first, work.most);
    if (work.perMinute === undefined && work.requestsPerMinute === undefined)
      return this.#search(work, Math.min(first, this.#short));
    this.#climb = undefined;
    const { perMinute = Infinity, requestsPerMinute = Infinity } = work;
    const least = Math.max((HEADROOM * perMinute) / requestsPerMinute, SMALL_PART * first);
    // Requests are what is scarce.
    if (least >= work.most) return work.most;
    const chosen = this.#classes.choose({
      least,
      unsent: work.unsent,
      leftMs: work.leftMs,
      mostMs: work.timeoutMs * SHARE_OF_TIMEOUT,
      perMs: perMinute / MINUTE_MS,
      inFlight: work.inFlight,
    });
    const whole = Math.min(chosen ?? first, (perMinute * LONGEST_SHARE_MS) / MINUTE_MS);
    const part = work.unsent > ENOUGH_WORK * whole ? this.#part(chosen !== undefined) : 1;
    return Math.min(work.most, Math.max(whole * part, least));
  }

  /** A request has been sent. */
  sent(): void {
    if (this.#short !== undefined) this.#requests++;
  }

  /** Takes over the time of a whole answer. */
  answered(weight: number, ms: number, now: number): void {
    this.#short ??= (weight * SHORT_MS) / Math.max(1, ms);
    this.#classes.observe(weight, ms);
    if (this.#work === undefined) return;
    const { inFlight, most, unsent } = this.#work;
    this.#climb?.observe(weight, ms, now, { weight: most, inFlight }, unsent);
  }

  /** Takes over the failure of a call. */
  failed(): void {
    this.#climb?.failed();
  }

  #part(isKnown: boolean): number {
    if (!isKnown) return FIRST_PARTS[this.#requests] ?? 1;
    return this.#requests % SMALL_EVERY === 0 ? SMALL_PART : 1;
  }

  #search({ most }: Work, first: number): number {
    this.#climb ??= new Climb(first);
    return Math.min(most, this.#climb.setting.weight);
  }
}

const learned = new WeakMap<RateLimiter, RequestSize>();

/** Size of requests that pass a limiter, learned in every batch so far. */
export function requestSizeOf(limiter: RateLimiter): RequestSize {
  const known = learned.get(limiter);
  if (known !== undefined) return known;
  const made = new RequestSize();
  learned.set(limiter, made);
  return made;
}
