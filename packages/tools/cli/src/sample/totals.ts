import { count, counted, dollars, duration } from "@batchwise/terminal";
import type { RunEstimate, SampleTotals } from "../estimate.ts";
import { linesOf } from "../report.ts";
import type { RunResult } from "../run-result.ts";

/**
 * Scales what a sample took to all inputs.
 *
 * @param sent inputs of the sample that were sent
 * @param concurrency most requests in flight at once
 */
export function totalsOf(
  estimate: RunEstimate,
  { report, cache }: Pick<RunResult, "report" | "cache">,
  sent: number,
  concurrency: number,
): SampleTotals {
  const paid = sent - (cache?.hits ?? 0);
  if (report === undefined || paid <= 0) return { estimate, tokens: undefined, cost: undefined, durationMs: undefined };
  const { usage, requests, durationMs } = report;
  const scaled = (figure: number): number | undefined => (figure === 0 ? undefined : (figure * estimate.inputs) / paid);
  const rounds = (of: number): number => Math.max(1, Math.ceil(of / concurrency));
  const byPace = (durationMs / rounds(requests)) * rounds(estimate.requests);
  return {
    estimate,
    tokens: scaled(usage.totalTokens),
    cost: scaled(usage.cost),
    durationMs: Math.max(byPace, estimate.shortestMs ?? 0),
  };
}

/** @param drawn the sample in words */
export function totalsText({ estimate, tokens, cost, durationMs }: SampleTotals, drawn: string): string {
  const { inputs, unreadable, requests, outputTokens, shortestMs } = estimate;
  const what = outputTokens === undefined ? "inputs alone" : "inputs and longest answers";
  const others = unreadable === 0 ? "" : `, and ${count(unreadable)} that cannot be sent`;
  return linesOf([
    ["All", `${counted(inputs, "input")}${others}, in ${counted(requests, "request")}; ${drawn}`],
    ["Tokens", ...either(tokens, count, estimate.tokens, (most) => `${what} at most ${count(most)}`)],
    ["Cost", ...either(cost, dollars, estimate.cost, (most) => `${what} at most ${dollars(most)}`)],
    ["Time", ...either(durationMs, duration, shortestMs, (least) => `at least ${duration(least)} by the rate limits`)],
  ]);
}

function either(
  scaled: number | undefined,
  shown: (figure: number) => string,
  bound: number | undefined,
  said: (figure: number) => string,
): string[] {
  const parts = [scaled === undefined ? undefined : `about ${shown(scaled)} by the sample`];
  if (bound !== undefined) parts.push(said(bound));
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? ["unknown"] : [known.join("; ")];
}
