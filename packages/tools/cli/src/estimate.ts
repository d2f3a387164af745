import type { BatchOptions, Demand, Estimate, Runnable } from "@batchwise/core";
import type { Step } from "./step.ts";

/** Inputs that are in memory at once. */
const CHUNK = 100_000;

/** Estimate of a run: an upper bound, without retries. */
export interface RunEstimate extends Estimate, Unsent {}

/** Inputs that would fail at once, without being sent. */
export interface Unsent {
  readonly unreadable: number;
  /** Message of the first one's error. */
  readonly firstError?: string | undefined;
}

/** Tokens, cost and time of all inputs, answers included, by what a sample of them took; undefined where it does not tell. */
export interface SampleTotals {
  /** Upper bound of what the inputs weigh, with the longest answers where these are known. */
  readonly estimate: RunEstimate;
  readonly tokens: number | undefined;
  readonly cost: number | undefined;
  readonly durationMs: number | undefined;
}

/** Estimates a run over all inputs, and sends nothing. Requests are counted for each 100,000 inputs alone. */
export async function estimateSteps(
  runnable: Runnable<unknown, unknown>,
  steps: AsyncIterable<Step>,
  options: Pick<BatchOptions, "dedupe">,
): Promise<RunEstimate> {
  const parts: Estimate[] = [];
  let unreadable = 0;
  let firstError: string | undefined;
  let inputs: unknown[] = [];
  const add = (): void => {
    if (inputs.length > 0 || parts.length === 0) parts.push(runnable.estimate(inputs, options));
    inputs = [];
  };
  for await (const step of steps) {
    const { content } = step.item;
    if (step.isDone) continue;
    if ("input" in content) inputs.push(content.input);
    else {
      unreadable++;
      firstError ??= content.error.message;
    }
    if (inputs.length === CHUNK) add();
  }
  add();
  const requests = sumOf(parts, (part) => part.requests) ?? 0;
  const tokens = sumOf(parts, (part) => part.tokens);
  const isBounded = parts.every((part) => part.outputTokens !== undefined);
  const outputTokens = isBounded ? sumOf(parts, (part) => part.outputTokens) : undefined;
  const sent = sumOf(parts, (part) => part.inputs) ?? 0;
  return {
    inputs: sent,
    requests,
    tokens,
    outputTokens,
    cost: sumOf(parts, (part) => part.cost),
    // Of all inputs at once: each part by itself would begin with full limits.
    shortestMs: runnable.settings?.limiter?.shortestMs?.(demandOf(requests, sent, tokens, outputTokens)),
    unreadable,
    firstError,
  };
}

function sumOf(parts: readonly Estimate[], figure: (part: Estimate) => number | undefined): number | undefined {
  const figures = parts.map(figure).filter((each) => each !== undefined);
  return figures.length === 0 ? undefined : figures.reduce((sum, each) => sum + each, 0);
}

function demandOf(requests: number, inputs: number, tokens: number = 0, outputTokens: number = 0): Demand {
  return { requests, inputs, tokens, inputTokens: tokens - outputTokens, outputTokens };
}
