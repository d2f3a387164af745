import type { CacheStats } from "@batchwise/cache";
import type { ErrorCode, FinishReport, RateLimiter } from "@batchwise/core";
import type { JobEstimate } from "@batchwise/jobs";
import type { RunEstimate, SampleTotals } from "./estimate.ts";

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
  /** True where offline jobs were created, or found again: unless the run is completed, the same options resume them. */
  readonly hasJobs?: boolean | undefined;
  /** Amounts beyond `maxTokens` and `maxCost`, where they were set; 0 where it was within them. */
  readonly overspend?: { readonly tokens?: number; readonly cost?: number } | undefined;
  /** Tokens, cost and time of all inputs, where `sample` was set. */
  readonly sample?: SampleTotals | undefined;
}

/** Amounts of a minute. */
export type Limits = NonNullable<RateLimiter["perMinute"]>;

/** Exit code of a result. 0: success. 1: some inputs failed. 2: an error ended the run. 130: the user did. */
export function exitCodeOf({ status, failed, earlierFailed }: RunResult): 0 | 1 | 2 | 130 {
  if (status === "interrupted") return 130;
  if (status === "stopped") return 2;
  return status === "completed" && failed + earlierFailed > 0 ? 1 : 0;
}
