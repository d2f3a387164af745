import type { CachedRunnable, CacheStats } from "@batchwise/cache";
import { codeOf, type ErrorCode, type FinishReport, type RateLimiter } from "@batchwise/core";
import type { JobEstimate } from "@batchwise/jobs";
import type { RunEstimate, SampleTotals } from "./estimate.ts";
import { ReaderGone } from "./outputs/stream-target.ts";
import type { Stats } from "./stats.ts";
import type { Task } from "./task.ts";
import type { Ending } from "./write-live.ts";

/** Result of a run: how it ended, its counts and its usage. */
export interface RunResult {
  /**
   * "completed": every input has its row. "interrupted": the user ended it. "stopped": an error ended it, which is the
   * `reason`. "closed": standard output has no reader any more. "estimated": the run was only estimated.
   */
  readonly status: "completed" | "interrupted" | "stopped" | "closed" | "estimated";
  readonly reason: Error | undefined;
  /** Rows of this run with an output. */
  readonly answered: number;
  /** Rows of this run with an error. */
  readonly failed: number;
  /** Failed rows by their error's code. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Rows of an earlier run that stayed; those of them with an error are `earlierFailed`. */
  readonly earlier: number;
  readonly earlierFailed: number;
  /** Requests, retries, tokens, cost and times, where the adapter ran. */
  readonly report: FinishReport | undefined;
  /** Limits of a minute that the provider has reported, or that its refusals have taught, at the end. */
  readonly limits: Limits | undefined;
  readonly cache: CacheStats | undefined;
  /** Estimate, where `estimate` was set; `jobsEstimate` for offline jobs. */
  readonly estimate: RunEstimate | undefined;
  readonly jobsEstimate: JobEstimate | undefined;
  /** Tokens, cost and time of all inputs, where `sample` was set. */
  readonly sample?: SampleTotals | undefined;
}

/** Amounts of a minute. */
type Limits = NonNullable<RateLimiter["perMinute"]>;

/** Result of a run that has ended. */
export function resultOf(
  { report, reason: ended }: Ending,
  { stats, adapter, environment: { drain, signal } }: Task,
): RunResult {
  const reason = causeOf(ended);
  return {
    ...countsOf(stats),
    status: statusOf(reason, [drain, signal]),
    reason,
    report,
    limits: limitsOf(adapter.runnable.settings?.limiter?.perMinute),
    cache: (adapter.runnable as Partial<CachedRunnable<unknown, unknown>>).stats?.(),
    estimate: undefined,
    jobsEstimate: undefined,
  };
}

/** Result of a run that was only estimated. */
export function estimateResult(
  estimates: Partial<Pick<RunResult, "estimate" | "jobsEstimate">>,
  { stats }: Task,
): RunResult {
  return {
    ...countsOf(stats),
    status: "estimated",
    reason: undefined,
    report: undefined,
    limits: undefined,
    cache: undefined,
    estimate: estimates.estimate,
    jobsEstimate: estimates.jobsEstimate,
  };
}

/** Exit code of a result. 0: success. 1: some inputs failed. 2: an error ended the run. 130: the user did. */
export function exitCodeOf({ status, failed, earlierFailed }: RunResult): 0 | 1 | 2 | 130 {
  if (status === "interrupted") return 130;
  if (status === "stopped") return 2;
  return status === "completed" && failed + earlierFailed > 0 ? 1 : 0;
}

/** Unwraps an error that stands for others to the first of them. */
function causeOf(reason: Error | undefined): Error | undefined {
  return codeOf(reason) === "batch_failed" && reason?.cause instanceof Error ? causeOf(reason.cause) : reason;
}

function statusOf(reason: Error | undefined, stops: readonly (AbortSignal | undefined)[]): RunResult["status"] {
  if (reason === undefined) return "completed";
  if (reason instanceof ReaderGone) return "closed";
  return stops.some((stop) => stop?.aborted === true && stop.reason === reason) ? "interrupted" : "stopped";
}

function countsOf({ answered, failed, failures, earlier, earlierFailed }: Stats): Counts {
  return { answered, failed, failures, earlier, earlierFailed };
}

type Counts = Pick<RunResult, "answered" | "failed" | "failures" | "earlier" | "earlierFailed">;

/** Limits that are known: 0 stands for one of a longer time. */
function limitsOf(perMinute: Limits | undefined): Limits | undefined {
  const known = Object.entries(perMinute ?? {}).filter(([, rate = 0]) => rate > 0);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

/** Message of an error for a user of the command line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (codeOf(error) !== "budget_exceeded") return message;
  const inFlags = message.replace("`maxCost`", "--max-cost").replace("`maxTokens`", "--max-tokens");
  return inFlags.replace("Raise it to go on.", "Raise it, and --resume.");
}
