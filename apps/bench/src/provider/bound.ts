import { FILL, fastestAnswerMs, REQUEST_LIMITS, type Workload } from "./workload.ts";

/** Demand of all the work on a provider, as the provider counts it. */
export interface Demand {
  readonly inputs: number;
  readonly tokens: number;
}

/**
 * Shortest time that the provider's limits allow, in milliseconds: the tightest bucket decides. Every bucket starts with
 * its fill and gains its rate; the last request may be sent once the demand is covered, and its answer takes at least as
 * long as the fastest one.
 */
export function boundMs(workload: Workload, demand: Demand): number {
  const { requestsPerMinute, tokensPerMinute } = workload.limits;
  const waits = [waitMs(leastRequests(workload, demand), requestsPerMinute), waitMs(demand.tokens, tokensPerMinute)];
  return Math.max(0, ...waits) + fastestAnswerMs(workload);
}

/** Least number of requests that can carry the work. */
export function leastRequests({ kind }: Workload, { inputs, tokens }: Demand): number {
  if (kind === "chat") return inputs;
  return Math.ceil(Math.max(inputs / REQUEST_LIMITS.inputs, tokens / REQUEST_LIMITS.tokens));
}

function waitMs(demand: number, perMinute: number): number {
  return ((demand - FILL * perMinute) / perMinute) * 60_000;
}
