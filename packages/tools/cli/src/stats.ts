import type { ErrorCode } from "@batchwise/core";
import { type Outcome, reportedError } from "./outputs/row.ts";

/** Counts of a run's inputs so far. */
export class Stats {
  answered = 0;
  failed = 0;
  /** Failed inputs of this run by their error's code. */
  failures: Partial<Record<ErrorCode, number>> = {};
  /** Inputs that an earlier run has done; the failed ones of them are `earlierFailed`. */
  earlier = 0;
  earlierFailed = 0;
  /** Position in the source, in its own unit, and the one after what an earlier run has done in one piece. */
  end = 0;
  from = 0;

  /** Inputs that are done, in this run or an earlier one. */
  get done(): number {
    return this.answered + this.failed + this.earlier;
  }

  count(outcome: Outcome): void {
    if ("output" in outcome) {
      this.answered++;
      return;
    }
    this.failed++;
    const { code } = reportedError(outcome.error);
    this.failures[code] = (this.failures[code] ?? 0) + 1;
  }

  /** Remembers the counts. @returns what sets them back */
  remember(): () => void {
    const { answered, failed, failures, earlier, earlierFailed, end } = this;
    const counts = { answered, failed, failures: { ...failures }, earlier, earlierFailed, end };
    return () => void Object.assign(this, counts);
  }

  /** An input that an earlier run has failed at has an outcome of this run instead. */
  countAgain(): void {
    this.earlier--;
    this.earlierFailed--;
  }

  countEarlier(lines: number, failed: number): void {
    this.earlier += lines;
    this.earlierFailed += failed;
  }
}
