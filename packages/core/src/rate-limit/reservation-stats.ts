import type { Demand, Settlement } from "../contract/rate-limiter.ts";

type Kind = keyof Demand;

/** Amounts of all that limits count. */
export type Amounts = Readonly<Record<Kind, number>>;

/** State of the stats when a call began: what was in flight, and what had been taken in all, without the call itself. */
export interface Mark {
  readonly at: number;
  readonly open: Amounts;
  readonly spent: Amounts;
  /** The part of what had been taken that a limit has refused. */
  readonly refused: Amounts;
}

/** Amounts that calls in flight have reserved, and that all calls so far have taken. */
export class ReservationStats {
  #open: Amounts = { requests: 0, inputs: 0, tokens: 0, inputTokens: 0, outputTokens: 0 };
  #spent: Amounts = this.#open;
  #refused: Amounts = this.#open;

  mark(at: number): Mark {
    return { at, open: this.#open, spent: this.#spent, refused: this.#refused };
  }

  /** The same for a call that begins only now and is counted already. */
  markAgain(at: number, demand: Demand): Mark {
    const { open, spent, refused } = this.mark(at);
    return { at, open: sum(open, demand, -1), spent: sum(spent, demand, -1), refused };
  }

  reserve(demand: Demand): void {
    this.#open = sum(this.#open, demand, 1);
    this.#spent = sum(this.#spent, demand, 1);
  }

  settle(demand: Demand, used: Demand, isRefused: boolean): void {
    this.#open = sum(this.#open, demand, -1);
    if (used !== demand) this.#spent = sum(sum(this.#spent, demand, -1), used, 1);
    if (isRefused) this.#refused = sum(this.#refused, used, 1);
  }

  /**
   * Amounts that may have been taken since a call that has just been settled, or were in flight as it began, and so may
   * be missing in what its response reports.
   */
  unseen(start: Mark, used: Demand): Amounts {
    return sum(start.open, sum(sum(this.#spent, start.spent, -1), used, -1), 1);
  }
}

/** Amounts that the provider counted, where they are known; those that were reserved, where they are not. */
export function usedOf(demand: Demand, { used }: Settlement): Demand {
  if (used === undefined) return demand;
  const of = (kind: Kind): number => {
    const counted = used[kind];
    return counted !== undefined && Number.isFinite(counted) ? counted : (demand[kind] ?? 0);
  };
  return {
    requests: of("requests"),
    inputs: of("inputs"),
    tokens: of("tokens"),
    inputTokens: of("inputTokens"),
    outputTokens: of("outputTokens"),
  };
}

function sum(left: Amounts, right: Demand, sign: 1 | -1): Amounts {
  return {
    requests: left.requests + sign * right.requests,
    inputs: left.inputs + sign * right.inputs,
    tokens: left.tokens + sign * right.tokens,
    inputTokens: left.inputTokens + sign * (right.inputTokens ?? 0),
    outputTokens: left.outputTokens + sign * (right.outputTokens ?? 0),
  };
}
