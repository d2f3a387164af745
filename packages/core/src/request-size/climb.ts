/** Calls in flight at the start. */
const START_IN_FLIGHT = 5;
/** Answers, for each call in flight, and milliseconds over which the work in a time is measured at least. */
const ROUNDS_IN_FLIGHT = 1.5;
const LEAST_ANSWERS = 6;
const LEAST_MS = 2000;
/** Answers after which it is seen that clearly less work is done, and what that is. */
const EARLY_ANSWERS = 4;
const CLEARLY_LESS = 0.8;
/** Rounds for which what is found is held, doubled each time. */
const HOLD_ROUNDS = 16;
/** Rounds over which the work of what is kept is averaged. */
const MEMORY = 4;

/** Weight of a request, and calls in flight. */
export interface Setting {
  readonly weight: number;
  readonly inFlight: number;
}

/** Settings to try, with the change of the work in a time from which each is kept. Larger requests are fewer, and fewer in flight are kinder. */
const MOVES = {
  larger: { least: 1.03, from: ({ weight, inFlight }: Setting): Setting => ({ weight: 2 * weight, inFlight }) },
  more: { least: 1.08, from: ({ weight, inFlight }: Setting): Setting => ({ weight, inFlight: 2 * inFlight }) },
  fewer: {
    least: 0.98,
    from: ({ weight, inFlight }: Setting): Setting => ({ weight, inFlight: Math.ceil(inFlight / 2) }),
  },
  smaller: { least: 1.03, from: ({ weight, inFlight }: Setting): Setting => ({ weight: weight / 2, inFlight }) },
};

type Move = keyof typeof MOVES;

/** Answers of calls that began since a time, at one setting. */
interface Round {
  readonly since: number;
  answers: number;
  weight: number;
  ms: number;
  /** True once no answer counts whose call was in flight with those of another setting. */
  isSettled: boolean;
}

/**
 * Search for the size of requests and their number in flight at a provider that tells no limits. One of them is doubled
 * for a round of answers and kept where more work gets done; what is found is held, and later less is tried, too.
 */
export class Climb {
  #kept: Setting;
  /** Weight a millisecond that gets done at what is kept, and rounds in which that was seen. */
  #work = 0;
  #rounds = 0;
  #move: Move | undefined;
  #untried: Move[] = ["larger", "more"];
  #held = 0;
  #hold = HOLD_ROUNDS;
  #round: Round = roundFrom(-Infinity, false);

  /** @param weight of the first request */
  constructor(weight: number) {
    this.#kept = { weight, inFlight: START_IN_FLIGHT };
  }

  /** Weight and number of requests now. */
  get setting(): Setting {
    return this.#move === undefined ? this.#kept : MOVES[this.#move].from(this.#kept);
  }

  /**
   * Takes over the time of a whole answer.
   *
   * @param most of what a request may hold, and of what may be in flight
   * @param unsent weight that has not been sent: near the end nothing new is tried
   */
  observe(weight: number, ms: number, now: number, most: Setting, unsent: number): void {
    const round = this.#round;
    if (now - ms < round.since) return;
    const inFlight = Math.min(this.setting.inFlight, most.inFlight);
    const answers = Math.max(LEAST_ANSWERS, ROUNDS_IN_FLIGHT * inFlight);
    round.answers++;
    round.weight += weight;
    round.ms += ms;
    // Little's law: it says more of few answers than their number in a time does.
    const work = (inFlight * round.weight) / round.ms;
    const isLess = round.answers >= EARLY_ANSWERS && work < CLEARLY_LESS * this.#work;
    if (!isLess && !round.isSettled && round.answers >= inFlight) this.#round = roundFrom(now, true);
    else if (isLess || (round.answers >= answers && now - round.since >= LEAST_MS))
      this.#judge(work, now, most, unsent);
  }

  /** Takes over a failure: what is being tried is given up. */
  failed(): void {
    if (this.#move === undefined) return;
    this.#move = undefined;
    this.#untried = [];
    this.#held = 0;
    this.#round = roundFrom(this.#round.since, false);
  }

  #judge(work: number, now: number, most: Setting, unsent: number): void {
    const move = this.#move;
    if (move === undefined) {
      this.#held++;
      this.#rounds++;
      this.#work += (work - this.#work) / Math.min(this.#rounds, MEMORY);
    } else if (work >= MOVES[move].least * this.#work) {
      this.#kept = this.setting;
      this.#work = work;
      this.#rounds = 1;
      // The same once more, where it was good.
      this.#untried.unshift(move);
    } else if (move === "larger" && work < CLEARLY_LESS * this.#work) {
      // It is overfull already.
      this.#untried = this.#untried.filter((each) => each !== "more");
    }
    const next = this.#next(most, unsent);
    const isSame = move === undefined && next === undefined;
    this.#move = next;
    this.#round = roundFrom(now, isSame);
  }

  #next(most: Setting, unsent: number): Move | undefined {
    if (this.#untried.length === 0 && this.#held >= this.#hold) {
      this.#untried = ["larger", "more", "fewer", "smaller"];
      this.#held = 0;
      this.#hold *= 2;
    }
    for (let move = this.#untried.shift(); move !== undefined; move = this.#untried.shift()) {
      const { weight, inFlight } = MOVES[move].from(this.#kept);
      const isNew = weight !== this.#kept.weight || inFlight !== this.#kept.inFlight;
      const isWorth = unsent > 2 * ROUNDS_IN_FLIGHT * inFlight * weight;
      if (isNew && isWorth && weight < 2 * most.weight && inFlight < 2 * most.inFlight && weight >= 1) return move;
    }
    return undefined;
  }
}

function roundFrom(since: number, isSettled: boolean): Round {
  return { since, answers: 0, weight: 0, ms: 0, isSettled };
}
