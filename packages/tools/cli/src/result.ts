import type { CachedRunnable, CacheStats } from "@batchwise/cache";
import { codeOf, type ErrorCode, type FinishReport } from "@batchwise/core";
import type { JobEstimate } from "@batchwise/jobs";
import type { RunEstimate } from "./estimate.ts";
import { ReaderGone } from "./outputs/stream-target.ts";
import type { Tally } from "./tally.ts";
import type { Task } from "./task.ts";
import type { Ending } from "./write-live.ts";

/** How a run ended, and what it took. */
export interface RunResult {
  /**
   * "completed": every input has its row. "interrupted": the user ended it. "stopped": something ended it, which is the
   * `reason`. "closed": nobody reads standard output any more. "estimated": nothing was to be sent.
   */
  readonly status: "completed" | "interrupted" | "stopped" | "closed" | "estimated";
  readonly reason: Error | undefined;
  /** Rows of this run with an output. */
  readonly answered: number;
  /** Rows of this run with an error. */
  readonly failed: number;
  /** Those by their error's code. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Rows of an earlier run that stayed, and of these the ones with an error. */
  readonly earlier: number;
  readonly earlierFailed: number;
  /** Requests, retries, tokens, cost and times, where anything ran. */
  readonly report: FinishReport | undefined;
  readonly cache: CacheStats | undefined;
  /** What it would take, where that was asked; the other one for offline jobs. */
  readonly estimate: RunEstimate | undefined;
  readonly jobsEstimate: JobEstimate | undefined;
}

/** The result of a run that has ended in this way. */
export function resultOf(
  { report, reason: ended }: Ending,
  { tally, chosen, surroundings: { drain, signal } }: Task,
): RunResult {
  const reason = causeOf(ended);
  return {
    ...countsOf(tally),
    status: statusOf(reason, [drain, signal]),
    reason,
    report,
    cache: (chosen.runnable as Partial<CachedRunnable<unknown, unknown>>).stats?.(),
    estimate: undefined,
    jobsEstimate: undefined,
  };
}

/** The result of a run that was to send nothing. */
export function estimateResult(
  estimates: Partial<Pick<RunResult, "estimate" | "jobsEstimate">>,
  { tally }: Task,
): RunResult {
  return {
    ...countsOf(tally),
    status: "estimated",
    reason: undefined,
    report: undefined,
    cache: undefined,
    estimate: estimates.estimate,
    jobsEstimate: estimates.jobsEstimate,
  };
}

/** 0: all is well. 1: some inputs failed. 2: something ended the run. 130: the user did. */
export function exitCodeOf({ status, failed, earlierFailed }: RunResult): 0 | 1 | 2 | 130 {
  if (status === "interrupted") return 130;
  if (status === "stopped") return 2;
  return status === "completed" && failed + earlierFailed > 0 ? 1 : 0;
}

/** An error that stands for others is told by the first of them. */
function causeOf(reason: Error | undefined): Error | undefined {
  return codeOf(reason) === "batch_failed" && reason?.cause instanceof Error ? causeOf(reason.cause) : reason;
}

function statusOf(reason: Error | undefined, wishes: readonly (AbortSignal | undefined)[]): RunResult["status"] {
  if (reason === undefined) return "completed";
  if (reason instanceof ReaderGone) return "closed";
  return wishes.some((wish) => wish?.aborted === true && wish.reason === reason) ? "interrupted" : "stopped";
}

function countsOf({ answered, failed, failures, earlier, earlierFailed }: Tally): Counts {
  return { answered, failed, failures, earlier, earlierFailed };
}

type Counts = Pick<RunResult, "answered" | "failed" | "failures" | "earlier" | "earlierFailed">;

/** What an error says to a user of the command line. */
export function messageOf(error: unknown): string {
  if (codeOf(error) === "budget_exceeded") {
    return "The next request could pass --max-cost or --max-tokens. Raise it, and --resume.";
  }
  return error instanceof Error ? error.message : String(error);
}
