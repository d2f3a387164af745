import type { CacheStats } from "@batchwise/cache";
import type { ErrorCode, FinishReport } from "@batchwise/core";
import type { JobEstimate, JobEvent } from "@batchwise/jobs";
import { count, counted, dollars, duration } from "@batchwise/terminal";
import type { RunEstimate } from "./estimate.ts";
import type { RunOptions } from "./options.ts";
import type { RunResult } from "./result.ts";

/** Report of a run in a few lines: its usage, and how to continue it. */
export function reportOf(result: RunResult, { output, offline }: Pick<RunOptions, "output" | "offline">): string {
  const { answered, failed, failures, earlier, earlierFailed, report, cache } = result;
  const lines: [name: string, text: string][] = [
    ["Inputs", `${count(answered)} answered, ${count(failed)} failed${earlierOf(earlier, earlierFailed)}`],
  ];
  if (failed > 0) lines.push(["Failures", failuresOf(failures)]);
  if (cache !== undefined) lines.push(["Cache", cacheOf(cache)]);
  if (report !== undefined) lines.push(["Used", useOf(report)]);
  if (output !== undefined) lines.push(["Output", `${output}${nextStep(result, offline === true)}`]);
  return lines.map(([name, text]) => `${name.padEnd(COLUMN)} ${text}`).join("\n");
}

/** Estimate of a run, as text. */
export function estimateText(estimate: RunEstimate): string {
  const { inputs, unreadable, requests, tokens, cost, shortestMs } = estimate;
  const lines: [name: string, text: string][] = [
    ["Inputs", `${count(inputs)}${unreadable === 0 ? "" : `, and ${count(unreadable)} that cannot be sent`}`],
    ["Requests", count(requests)],
    ["Tokens", tokens === undefined ? "unknown" : `at most ${count(tokens)}`],
    ["Cost", cost === undefined ? "unknown" : `at most ${dollars(cost)} for inputs; outputs are extra`],
  ];
  if (shortestMs !== undefined) lines.push(["Time", `at least ${duration(shortestMs)} by the rate limits`]);
  return lines.map(([name, text]) => `${name.padEnd(COLUMN)} ${text}`).join("\n");
}

/** Estimate of offline jobs, with the live price, as text. */
export function jobsText({ inputs, jobs, tokens, cost, liveCost }: JobEstimate): string {
  const price =
    cost === undefined || liveCost === undefined ? "" : `, ${dollars(cost)} instead of ${dollars(liveCost)}`;
  return `Offline: ${counted(inputs, "input")} in ${counted(jobs, "job")}, at most ${counted(tokens, "token")}${price}.`;
}

/** Text of a job's event, for those that users want to know. */
export function jobText(event: JobEvent): string | undefined {
  if (event.type === "created") return `Job ${event.id} created, ${counted(event.inputs, "input")}.`;
  if (event.type === "reattached") return `Job ${event.id} found again.`;
  if (event.type === "refused") return `Job ${event.id} waits for capacity at the provider.`;
  if (event.type === "ended")
    return `Job ended, ${count(event.answered)} of ${counted(event.inputs, "input")} answered.`;
  return undefined;
}

const COLUMN = 9;

/** Advice after an early end. */
function nextStep({ status }: RunResult, isOffline: boolean): string {
  if (status === "completed") return "";
  return isOffline
    ? " is not written yet: the jobs go on, and the same command resumes them"
    : "; the same command with --resume continues it";
}

function earlierOf(lines: number, failed: number): string {
  if (lines === 0) return "";
  const again = failed === 0 ? "" : `, ${count(failed)} of them failed: --retry-failed sends these again`;
  return `; ${count(lines)} by an earlier run${again}`;
}

function failuresOf(failures: Readonly<Partial<Record<ErrorCode, number>>>): string {
  return Object.entries(failures)
    .toSorted(([, one], [, other]) => other - one)
    .map(([code, times]) => `${count(times)} ${code}`)
    .join(", ");
}

function cacheOf({ hits, saved, unsaved }: CacheStats): string {
  return `${count(hits)} found, ${count(saved)} saved${unsaved === 0 ? "" : `, ${count(unsaved)} could not be saved`}`;
}

function useOf({ requests, retries, usage, waitedMs, durationMs }: FinishReport): string {
  return [
    `${counted(requests, "request")}${retries === 0 ? "" : ` (${counted(retries, "retry", "retries")})`}`,
    ...(usage.totalTokens === 0 ? [] : [counted(usage.totalTokens, "token")]),
    ...(usage.cost === 0 ? [] : [dollars(usage.cost)]),
    ...(waitedMs < 1 ? [] : [`waited ${duration(waitedMs)} for limits`]),
    duration(durationMs),
  ].join(", ");
}
