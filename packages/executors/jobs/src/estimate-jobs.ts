import type { JobBackend, JobCaps, Price } from "@batchwise/core";
import { costOf, jobPriceOf } from "./prices.ts";
import { shards } from "./shards.ts";

/** Estimate of a batch through offline jobs. */
export interface JobEstimate {
  readonly inputs: number;
  readonly jobs: number;
  readonly lines: number;
  /** By the Runnable's `weigh`, which may be an upper bound. */
  readonly tokens: number;
  /** Cost of the input tokens; undefined where no price is known. */
  readonly cost: number | undefined;
  /** Cost of the same live. */
  readonly liveCost: number | undefined;
}

/** Cuts every input as a batch would, and sends nothing. Inputs that would be refused are left out. */
export function estimateJobs<Input>(
  inputs: readonly Input[],
  backend: JobBackend<Input>,
  caps: JobCaps,
  tokensOf: (input: Input) => number,
  price: Price | undefined,
): JobEstimate {
  let jobs = 0;
  let lines = 0;
  let tokens = 0;
  const accepted = [...inputs.keys()].filter((position) => isAccepted(backend, inputs[position] as Input));
  const limits = { backend, caps, tokens: tokensOf, refuse: () => undefined };
  for (const shard of shards(inputs, accepted, limits)) {
    jobs++;
    lines += shard.lines;
    tokens += shard.tokens;
  }
  const liveCost = costOf(price, tokens, 0);
  const cost = costOf(jobPriceOf(price, backend.priceShare), tokens, 0);
  return { inputs: inputs.length, jobs, lines, tokens, cost, liveCost };
}

function isAccepted<Input>(backend: JobBackend<Input>, input: Input): boolean {
  try {
    backend.check?.(input);
    return true;
  } catch {
    return false;
  }
}
