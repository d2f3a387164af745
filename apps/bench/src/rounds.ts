/** Work to time. */
export interface Entry {
  readonly name: string;
  /** Does the work once. Resolves with a check of the result, which is called after the clock has stopped. */
  readonly run: () => Promise<() => void>;
}

/** Rounds, budget and clock of a measurement. */
export interface RoundOptions {
  /** Rounds in all; every entry runs once in each. Minimum 1. */
  readonly rounds: number;
  /** An entry that has used this many milliseconds sits the remaining rounds out, once it has had `leastRounds`. */
  readonly budgetMs: number;
  /** @default 3 */
  readonly leastRounds?: number;
  /** Milliseconds from an arbitrary start. @default performance.now */
  readonly now?: () => number;
  /** Collects garbage before each run, so that no entry pays for the one before. @default the runtime's own `gc` */
  readonly collect?: () => void;
}

/** Median and range of several measurements, in milliseconds. */
export interface Timing {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/** Options of `takeTurns`. */
export interface TurnOptions<Each, Result> {
  /** Rounds in all; every entry has one turn in each. Minimum 1. */
  readonly rounds: number;
  readonly run: (entry: Each, round: number) => Promise<Result>;
  /** Tells whether an entry with these results sits the remaining rounds out. @default never */
  readonly sitsOut?: (results: readonly Result[], entry: Each) => boolean;
}

/**
 * Runs the entries one at a time in interleaved rounds: each round runs all of them, starting one further than the round
 * before, so that a slow spell of the machine and the order itself affect all of them alike.
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
 * Times the entries in interleaved rounds.
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

/** Middle value; the mean of the middle two for an even count. NaN for none. */
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
    throw new Error("Expected a runtime that collects garbage on demand, got none. Start it with `node --expose-gc`.");
  }
  globalThis.gc();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
