import type { CachedRunnable } from "@batchwise/cache";
import { codeOf, type FinishReport } from "@batchwise/core";
import type { RunOptions } from "./options.ts";
import { ReaderGone } from "./outputs/stream-target.ts";
import type { Limits, RunResult } from "./run-result.ts";
import type { Stats } from "./stats.ts";
import type { Task } from "./task.ts";
import type { Ending } from "./write-live.ts";

/** Result of a run that has ended. */
export function resultOf(
  { report, reason: ended }: Ending,
  { stats, adapter, options, environment: { drain, signal } }: Task,
): RunResult {
  const reason = causeOf(ended);
  return {
    ...countsOf(stats),
    status: statusOf(reason, [drain, signal]),
    reason,
    report,
    overspend: overspendOf(report, options),
    limits: limitsOf(adapter.runnable.settings?.limiter?.perMinute),
    cache: (adapter.runnable as Partial<CachedRunnable<unknown, unknown>>).stats?.(),
    estimate: undefined,
    jobsEstimate: undefined,
    hasJobs: options.offline === true ? adapter.jobIds.size > 0 : undefined,
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

function overspendOf(
  report: FinishReport | undefined,
  { maxTokens, maxCost }: Pick<RunOptions, "maxTokens" | "maxCost">,
): RunResult["overspend"] {
  if (report === undefined || (maxTokens === undefined && maxCost === undefined)) return undefined;
  const { totalTokens, cost } = report.usage;
  return {
    ...(maxTokens !== undefined && { tokens: Math.max(0, totalTokens - maxTokens) }),
    ...(maxCost !== undefined && { cost: Math.max(0, cost - maxCost) }),
  };
}

/** Limits that are known: 0 stands for one of a longer time. */
function limitsOf(perMinute: Limits | undefined): Limits | undefined {
  const known = Object.entries(perMinute ?? {}).filter(([, rate = 0]) => rate > 0);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

/** Message of an error for a user of the command line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (codeOf(error) === "budget_exceeded") {
    const inFlags = message.replace("`maxCost`", "--max-cost").replace("`maxTokens`", "--max-tokens");
    return inFlags.replace("Raise it to go on.", "Raise it, and --resume.");
  }
  if (error.name === "JobStoreError") return message.replace("choose another folder", "give another one with --jobs");
  return cause instanceof Error
    ? message.replace("; `cause` is the last failure.", `. The last one: ${cause.message}`)
    : message;
}
