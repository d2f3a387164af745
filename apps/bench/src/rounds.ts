/** One thing to time. */
export interface Entry {
  readonly name: string;
  /** Does the work once. What it resolves with is called after the clock has stopped: check the result there. */
  readonly run: () => Promise<() => void>;
}

/** How often and in what order things are timed. */
export interface RoundOptions {
  /** Rounds in all; every entry runs once in each. Minimum 1. */
  readonly rounds: number;
  /** An entry that has used this many milliseconds sits the remaining rounds out, once it has had `leastRounds`. */
  readonly budgetMs: number;
  /** @default 3 */
  readonly leastRounds?: number;
  /** Milliseconds from an arbitrary start. @default performance.now */
  readonly now?: () => number;
  /** Collects garbage before each run, so that nobody pays for the one before. @default the runtime's own `gc` */
  readonly collect?: () => void;
}

/** The middle of several measurements and what lay around it, in milliseconds. */
export interface Timing {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/**
 * Times the entries in interleaved rounds: each round runs all of them, starting one further than the round before,
 * so that a slow spell of the machine and the order itself fall on everyone alike.
 *
 * @returns a timing for each entry, by name.
 */
export async function interleave(
  entries: readonly Entry[],
  options: RoundOptions,
): Promise<ReadonlyMap<string, Timing>> {
  const { rounds, budgetMs, leastRounds = 3, now = () => performance.now(), collect = collectGarbage } = options;
  const times = new Map(entries.map((entry): [string, number[]] => [entry.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const entry = entries[(round + turn) % entries.length] as Entry;
      const own = times.get(entry.name) as number[];
      if (own.length >= leastRounds && sum(own) >= budgetMs) continue;
      collect();
      const start = now();
      // Measured one at a time: two at once would measure each other.
      // oxlint-disable-next-line no-await-in-loop -- one at a time
      const check = await entry.run();
      own.push(now() - start);
      check();
    }
  }
  return new Map([...times].map(([name, own]) => [name, timing(own)]));
}

/** The middle value; the mean of the middle two where the count is even. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 0 ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** Median, least and most of several measurements. */
export function timing(values: readonly number[]): Timing {
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    rounds: values.length,
  };
}

/**
 * Collects all garbage now.
 *
 * @throws Error when the runtime was not started with `--expose-gc`.
 */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) {
    throw new Error("Expected a runtime that can collect garbage on demand; start it with `node --expose-gc`.");
  }
  globalThis.gc();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
