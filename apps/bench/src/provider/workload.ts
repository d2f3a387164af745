import type { Behavior } from "@batchwise/emulator";
import type { OwnServer } from "./own-server.ts";
import { lognormalTexts, BAD_MARKER, badPositions } from "./texts.ts";

/** Workloads on a provider's limits, a suite each. */
export type LimitsName = "embed" | "throttled" | "faulty" | "chat" | "wide";

/** Workloads of the suite `latency`. */
export type LatencyName = "E10" | "E30" | "E10s6" | "E1" | "Eflat" | "F" | "T" | "C";

/** Workloads of the suite `own`. */
export type OwnName = "queue" | "slots" | "crowd";

/** Workloads of the suite `fewest`. */
export type FewestName = "request" | "day" | "max413" | "max400" | "max500";

export type WorkloadName = LimitsName | LatencyName | OwnName | FewestName | "shared";

/** Settings of the peers that the sweep tries for a workload. */
export type GridName = "embed" | "faulty" | "chat" | "latency" | "quarter" | "pacedChat" | "own";

/** Limits of a provider a minute. */
export interface Limits {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly requestsPerDay?: number;
}

/** Work for a provider, and the provider's behavior. */
export interface Workload {
  readonly name: WorkloadName;
  /** Work in words, for tables with several. */
  readonly about?: string;
  /** `embed`: texts into vectors, many a request. `chat`: prompts into answers, one a request. */
  readonly kind: "embed" | "chat";
  /** Number of texts or prompts in the committed results. */
  readonly items: number;
  readonly meanTokens: number;
  /** Numbers in a vector. */
  readonly dimensions: number;
  readonly limits: Limits;
  readonly latency: Latency;
  /** Share of the requests that are answered with 500 or 503. */
  readonly serverErrorRate: number;
  /** Number of texts of which one is refused, with its whole request; the error does not say which. */
  readonly badInputEvery: number | undefined;
  /** Share of a minute's worth that each bucket holds at the start: as in the middle of a long job. */
  readonly fill: number;
  /** Peers that it is measured with. */
  readonly peers: readonly string[];
  readonly grid: GridName;
  /** Server that does the work instead of the emulator: one without limits. */
  readonly own?: OwnServer;
}

/**
 * Time of an answer: a base and a part for its tokens, with jitter (of a lognormal distribution its sigma), within
 * bounds; or anything between two times.
 */
export type Latency =
  | {
      readonly baseMs: number;
      readonly perThousandTokensMs: number;
      readonly jitter: number;
      readonly distribution?: "uniform" | "lognormal";
      /** @default 0 */
      readonly minMs?: number;
      /** @default none */
      readonly maxMs?: number;
    }
  | { readonly minMs: number; readonly maxMs: number };

/** Limits of OpenAI for one request of texts: https://platform.openai.com/docs/api-reference/embeddings (2026-11-24). */
export const REQUEST_LIMITS = { inputs: 2048, tokens: 300_000 } as const;

/** Inputs of one round, the same for the same seed. */
export function inputsOf({ meanTokens, badInputEvery }: Workload, count: number, seed: number): readonly string[] {
  return lognormalTexts({ count, seed, meanTokens, badInputEvery });
}

/** Answerable inputs of a round: all but the bad ones. */
export function goodInputsOf(workload: Workload, count: number, seed: number): readonly string[] {
  const bad = new Set(badPositions(count, seed, workload.badInputEvery));
  return inputsOf(workload, count, seed).filter((_, index) => !bad.has(index));
}

/** Behavior of the server for this work. */
export function behaviorOf(workload: Workload, seed: number): Behavior | OwnBehavior {
  const { own, limits, latency, fill, serverErrorRate, badInputEvery } = workload;
  if (own !== undefined) return { own, seed };
  return {
    seed,
    limits,
    fill,
    latency,
    faults: { serverErrorRate, ...(badInputEvery !== undefined && { badInput: { marker: BAD_MARKER } }) },
  };
}

/** Behavior of a server of one's own. */
export interface OwnBehavior {
  /** @default one that answers at once */
  readonly own?: OwnServer;
  readonly seed?: number;
}

/** Shortest time of any answer, in milliseconds. Of a lognormal one, what an answer in forty is faster than. */
export function fastestAnswerMs({ latency }: Workload): number {
  if (!("baseMs" in latency)) return latency.minMs;
  const { baseMs, jitter, distribution, minMs = 0 } = latency;
  return Math.max(minMs, baseMs * (distribution === "lognormal" ? Math.exp(-2 * jitter) : 1 - jitter));
}
