import type { CacheStats } from "@batchwise/cache";
import type { ErrorCode, FinishReport } from "@batchwise/core";
import type { JobEstimate, JobEvent } from "@batchwise/jobs";
import { count, counted, dollars, duration } from "@batchwise/terminal";
import type { RunEstimate, Unsent } from "./estimate.ts";
import type { RunOptions } from "./options.ts";
import type { RunResult } from "./run-result.ts";
import { TooManyFailures } from "./too-many-failures.ts";

type ReportOptions = Pick<RunOptions, "output" | "offline">;

/** Report of a run as a table of two columns: its counts, its usage, and how to continue it. */
export function reportOf(result: RunResult, options: ReportOptions): string {
  const { output, offline } = options;
  const { answered, failed, failures, earlier, earlierFailed, report, overspend, limits, cache } = result;
  const counts = `${count(answered)} answered, ${count(failed)} failed`;
  return linesOf([
    ["Inputs", counts, ...earlierOf(earlier, earlierFailed)],
    ["Failures", ...failuresOf(failures)],
    ["Ended", ...endOf(result)],
    ["Cache", ...(cache === undefined ? [] : [cacheOf(cache)])],
    ...(report === undefined ? [] : useOf(report, overspend)),
    ["Limits", ...limitsOf(limits)],
    ["Output", ...(output === undefined ? [] : [`${output}${nextStep(result, offline === true)}`])],
  ]);
}

/** Estimate of a run, as text. */
export function estimateText(estimate: RunEstimate): string {
  const { inputs, unreadable, firstError, requests, tokens, outputTokens, cost, shortestMs } = estimate;
  return linesOf([
    [
      "Inputs",
      `${count(inputs)}${unreadable === 0 ? "" : `, and ${count(unreadable)} that cannot be sent`}`,
      ...(firstError === undefined ? [] : [firstError]),
    ],
    ["Requests", count(requests)],
    ["Tokens", tokens === undefined ? "unknown" : `at most ${count(tokens)}${shareOf(outputTokens)}`],
    ["Cost", cost === undefined ? "unknown" : `at most ${dollars(cost)}${outputTokens === undefined ? UNBOUNDED : ""}`],
    ["Time", ...(shortestMs === undefined ? [] : [`at least ${duration(shortestMs)} by the rate limits`])],
  ]);
}

const UNBOUNDED = " for inputs; what is generated is extra, and unknown without --set maxTokens";

function shareOf(outputTokens: number | undefined): string {
  if (outputTokens === undefined) return " of inputs";
  return outputTokens === 0 ? "" : `, ${count(outputTokens)} of them for answers`;
}

/**
 * Estimate of offline jobs, with the live price, as text.
 *
 * @param unsent inputs that cannot be sent
 */
export function jobsText(
  { inputs, jobs, tokens, outputTokens, cost, liveCost }: JobEstimate,
  { unreadable, firstError = "" }: Unsent,
): string {
  const of = outputTokens === undefined ? UNBOUNDED : "";
  const price =
    cost === undefined || liveCost === undefined ? "" : `, ${dollars(cost)} instead of ${dollars(liveCost)}${of}`;
  const share = shareOf(outputTokens);
  const others = unreadable === 0 ? "" : ` ${count(unreadable)} cannot be sent: ${firstError}`;
  return `Offline: ${counted(inputs, "input")} in ${counted(jobs, "job")}, at most ${counted(tokens, "token")}${share}${price}.${others}`;
}

/** Text of a job's event, for those that users want to know. */
export function jobText(event: JobEvent): string | undefined {
  if (event.type === "created") return `Job ${event.id} created, ${counted(event.inputs, "input")}.`;
  if (event.type === "reattached") return `Job ${event.id} found again.`;
  if (event.type === "refused") return `Job ${event.id} waits for capacity at the provider.`;
  return event.type === "ended" ? endedText(event) : undefined;
}

function endedText({ answered, failed, inputs }: JobEvent & { readonly type: "ended" }): string {
  const open = inputs - answered - failed;
  const rest = open === 0 ? "" : `, ${count(open)} not worked on`;
  return `Job ended: ${count(answered)} answered, ${count(failed)} failed${rest}.`;
}

/** Row of a table: its name, and the lines of its text. A row without lines is left out. */
type TableRow = readonly [name: string, ...lines: string[]];

const COLUMN = 9;

/** Rows of a table as lines of text. */
export function linesOf(rows: readonly TableRow[]): string {
  return rows
    .flatMap(([name, ...lines]) => lines.map((line, at) => `${(at === 0 ? name : "").padEnd(COLUMN)} ${line}`))
    .join("\n");
}

/** Advice after an early end. */
function nextStep({ status, hasJobs }: RunResult, isOffline: boolean): string {
  if (status === "completed") return "";
  if (!isOffline) return "; the same command with --resume continues it";
  // The answer to a call that creates a job may still be on its way: that job is looked for before another is created.
  return hasJobs === true
    ? " is not written yet: jobs that were created are kept, and the same command resumes them"
    : " is not written yet: no job is known to have been created, and the same command starts again";
}

function earlierOf(lines: number, failed: number): string[] {
  if (lines === 0) return [];
  const again = failed === 0 ? "" : `, ${count(failed)} of them failed: --retry-failed sends these again`;
  return [`${count(lines)} by an earlier run${again}`];
}

function failuresOf(failures: Readonly<Partial<Record<ErrorCode, number>>>): string[] {
  return Object.entries(failures)
    .toSorted(([, one], [, other]) => other - one)
    .map(([code, times]) => `${count(times)} ${code}`);
}

function endOf({ status, reason, report }: RunResult): string[] {
  if (status === "interrupted") return ["before its inputs, by the user"];
  if (status !== "stopped") return [];
  if (reason instanceof TooManyFailures) return ["before its inputs, by --max-failures"];
  const isSilent = report !== undefined && report.requests > 0 && report.fulfilled === 0;
  return [isSilent ? "before its inputs, by an error: nothing got through" : "before its inputs, by an error"];
}

function cacheOf({ hits, saved, unsaved }: CacheStats): string {
  return `${count(hits)} found, ${count(saved)} saved${unsaved === 0 ? "" : `, ${count(unsaved)} could not be saved`}`;
}

function useOf(
  report: FinishReport,
  { tokens: over = 0, cost: costOver = 0 }: RunResult["overspend"] = {},
): TableRow[] {
  const { requests, retries, usage, waitedMs, durationMs } = report;
  const { inputTokens, cachedInputTokens: cached, outputTokens, totalTokens, cost } = usage;
  const inputs = `${count(inputTokens)} of inputs${cached === 0 ? "" : ` (${count(cached)} from the provider's cache)`}`;
  const tokens = `${count(totalTokens)}, ${inputs} and ${count(outputTokens)} of outputs`;
  return [
    ["Requests", `${count(requests)}${retries === 0 ? "" : `, ${counted(retries, "retry", "retries")} among them`}`],
    ["Tokens", ...(totalTokens === 0 ? [] : [tokens])],
    ["", ...(over > 0 ? [`${count(over)} more than --max-tokens${LONGER}`] : [])],
    ["Cost", ...(cost === 0 ? [] : [dollars(cost)])],
    ["", ...(costOver > 0 ? [`${dollars(costOver)} more than --max-cost${LONGER}`] : [])],
    ["Time", duration(durationMs)],
    // A sum: it may be longer than the run.
    ["Waits", ...(waitedMs < 1 ? [] : [`${duration(waitedMs)} for limits, of all requests together`])],
  ];
}

const LONGER = ": answers were more than twice as long as any before";

function limitsOf(limits: RunResult["limits"]): string[] {
  return Object.entries(limits ?? {}).map(
    ([kind, rate = 0]) => `${count(rate)} ${kind.replace("Tokens", " tokens")} a minute`,
  );
}
