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

/** How entries take turns. */
export interface TurnOptions<Each, Result> {
  /** Rounds in all; every entry has one turn in each. Minimum 1. */
  readonly rounds: number;
  readonly run: (entry: Each, round: number) => Promise<Result>;
  /** Whether an entry that has had these results sits the remaining rounds out. @default never */
  readonly sitsOut?: (results: readonly Result[], entry: Each) => boolean;
}

/**
 * Runs the entries one at a time in interleaved rounds: each round runs all of them, starting one further than the
 * round before, so that a slow spell of the machine and the order itself fall on everyone alike.
 *
 * @returns the results of each entry.
 */
export async function takeTurns<Each, Result>(
  entries: readonly Each[],
  { rounds, run, sitsOut = () => false }: TurnOptions<Each, Result>,
): Promise<ReadonlyMap<Each, readonly Result[]>> {
  const results = new Map(entries.map((entry): [Each, Result[]] => [entry, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const entry = entries[(round + turn) % entries.length] as Each;
      const own = results.get(entry) as Result[];
      if (sitsOut(own, entry)) continue;
      // Two at once would measure each other.
      // oxlint-disable-next-line no-await-in-loop -- one at a time
      own.push(await run(entry, round));
    }
  }
  return results;
}

/**
 * Times the entries as they take turns.
 *
 * @returns a timing for each entry, by name.
 */
export async function interleave(
  entries: readonly Entry[],
  options: RoundOptions,
): Promise<ReadonlyMap<string, Timing>> {
  const { rounds, budgetMs, leastRounds = 3, now = () => performance.now(), collect = collectGarbage } = options;
  const times = await takeTurns(entries, {
    rounds,
    async run(entry) {
      collect();
      const start = now();
      const check = await entry.run();
      const time = now() - start;
      check();
      return time;
    },
    sitsOut: (own) => own.length >= leastRounds && sum(own) >= budgetMs,
  });
  return new Map([...times].map(([entry, own]) => [entry.name, timing(own)]));
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
