import { fullSpeed } from "./own-server.ts";
import { fastestAnswerMs, REQUEST_LIMITS, type Workload } from "./workload.ts";

/** Demand of all the work on a provider, as the provider counts it. */
export interface Demand {
  readonly inputs: number;
  readonly tokens: number;
}

/**
 * Shortest time that the provider's limits allow, in milliseconds: the tightest bucket decides. Every bucket starts with
 * its fill and gains its rate; the last request may be sent once the demand is covered, and its answer takes at least as
 * long as the fastest one.
 * Of a server without limits, the time at its full speed.
 */
export function boundMs(workload: Workload, demand: Demand): number {
  if (workload.own !== undefined) return demand.tokens / fullSpeed(workload.own);
  const { fill, limits } = workload;
  const waitMs = (needed: number, perMinute: number): number => ((needed - fill * perMinute) / perMinute) * 60_000;
  const waits = [
    waitMs(leastRequests(workload, demand), limits.requestsPerMinute),
    waitMs(demand.tokens, limits.tokensPerMinute),
  ];
  return Math.max(0, ...waits) + fastestAnswerMs(workload);
}

/** Least number of requests that can carry the work. */
export function leastRequests({ kind, own }: Workload, { inputs, tokens }: Demand): number {
  if (kind === "chat") return inputs;
  if (own?.most !== undefined) return Math.ceil(inputs / own.most);
  return Math.ceil(Math.max(inputs / REQUEST_LIMITS.inputs, tokens / REQUEST_LIMITS.tokens));
}
