import { median } from "../rounds.ts";
import type { MeasuredRun } from "./measure.ts";

/** Figures of a contender over its rounds: medians of what varies by chance, the worst of what must never happen. */
export interface Figures {
  readonly seconds: number;
  /** Times the bound; undefined when everything was lost. */
  readonly ratio: number | undefined;
  /** The worst round's. */
  readonly requests: number;
  /** The worst round's. */
  readonly rateLimited: number;
  /** The worst round's. */
  readonly lost: number;
  readonly wasted: number;
  /** The worst round's. */
  readonly inFlight: number;
  /** Peak in megabytes above the level at which the inputs were built. */
  readonly above: number;
  /** Cores that the emulator used in the busiest round. */
  readonly emulatorCores: number;
  /** Class of the error with which the contender failed as a whole. */
  readonly failure: string | undefined;
  readonly rounds: number;
}

const MEGABYTE = 2 ** 20;

/** Figures of a contender's runs with this many answerable inputs. */
export function figuresOf(runs: readonly MeasuredRun[], answerable: number): Figures {
  const middle = (of: (run: MeasuredRun) => number): number => median(runs.map(of));
  const worst = (of: (run: MeasuredRun) => number): number => Math.max(...runs.map(of));
  const lost = worst((run) => run.lost);
  return {
    seconds: middle((run) => run.milliseconds) / 1000,
    ratio: lost < answerable ? middle((run) => run.milliseconds / run.boundMs) : undefined,
    requests: worst((run) => run.counts.requests),
    rateLimited: worst((run) => run.counts.rateLimited),
    lost,
    wasted: middle((run) => run.counts.tokensWasted),
    inFlight: worst((run) => run.counts.peakInFlight),
    above: middle((run) => run.peak - run.level) / MEGABYTE,
    emulatorCores: worst((run) => run.counts.cpuMs / run.counts.elapsedMs),
    failure: runs.find((run) => run.failure !== undefined)?.failure,
    rounds: runs.length,
  };
}
