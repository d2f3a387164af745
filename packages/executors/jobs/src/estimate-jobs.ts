import type { JobBackend } from "@batchwise/core";
import type { JobTerms } from "./job-terms.ts";
import { costOf, jobPriceOf } from "./prices.ts";
import { shards } from "./shards.ts";

/** Estimate of a batch through offline jobs. */
export interface JobEstimate {
  readonly inputs: number;
  readonly jobs: number;
  readonly lines: number;
  /** By the Runnable's `weigh`, which may be an upper bound. */
  readonly tokens: number;
  /** Most tokens of the answers among them; undefined where the Runnable does not say them for each input. */
  readonly outputTokens: number | undefined;
  /** Cost of these tokens; undefined where no price is known. */
  readonly cost: number | undefined;
  /** Cost of the same live. */
  readonly liveCost: number | undefined;
}

/** Cuts every input as a batch would, and sends nothing. Inputs that would be refused are left out. */
export function estimateJobs<Input>(
  inputs: readonly Input[],
  { backend, caps, weigh, price }: JobTerms<Input, unknown>,
): JobEstimate {
  let jobs = 0;
  let lines = 0;
  let inputTokens = 0;
  const accepted = [...inputs.keys()].filter((position) => isAccepted(backend, inputs[position] as Input));
  const limits = { backend, caps, weigh, refuse: () => undefined };
  for (const shard of shards(inputs, accepted, limits)) {
    jobs++;
    lines += shard.lines;
    inputTokens += shard.tokens;
  }
  let most = 0;
  let isKnown = true;
  for (const position of accepted) {
    const { outputTokens } = weigh(inputs[position] as Input);
    most += outputTokens ?? 0;
    isKnown &&= outputTokens !== undefined;
  }
  return {
    inputs: inputs.length,
    jobs,
    lines,
    tokens: inputTokens + most,
    outputTokens: isKnown ? most : undefined,
    cost: costOf(jobPriceOf(price, backend.priceShare), inputTokens, most),
    liveCost: costOf(price, inputTokens, most),
  };
}

function isAccepted<Input>(backend: JobBackend<Input>, input: Input): boolean {
  try {
    backend.check?.(input);
    return true;
  } catch {
    return false;
  }
}
