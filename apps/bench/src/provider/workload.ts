import type { Behavior } from "@batchwise/emulator";
import { lognormalTexts, BAD_MARKER, badPositions } from "./texts.ts";

/** Suites that run against an emulated provider. */
export type WorkloadName = "embed" | "throttled" | "faulty" | "chat" | "wide";

/** Limits of a provider a minute. */
export interface Limits {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
}

/** Work for a provider, and the provider's behavior. */
export interface Workload {
  readonly name: WorkloadName;
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
}

/** Time of an answer: a base and a part for its tokens, with jitter; or anything between two times. */
export type Latency =
  | { readonly baseMs: number; readonly perThousandTokensMs: number; readonly jitter: number }
  | { readonly minMs: number; readonly maxMs: number };

/** Share of a minute's worth that each bucket holds at the start: as in the middle of a long job. */
export const FILL = 0.02;

/** Limits of OpenAI for one request of texts: https://platform.openai.com/docs/api-reference/embeddings (2026-11-24). */
export const REQUEST_LIMITS = { inputs: 2048, tokens: 300_000 } as const;

const embed: Workload = {
  name: "embed",
  kind: "embed",
  items: 50_000,
  meanTokens: 110,
  // Few, so that the network and the emulator have little to do; `wide` has as many as the real model.
  dimensions: 64,
  limits: { requestsPerMinute: 3000, tokensPerMinute: 20_000_000 },
  latency: { baseMs: 60, perThousandTokensMs: 1, jitter: 0.2 },
  serverErrorRate: 0,
  badInputEvery: undefined,
};

/** Every workload, by its suite's name. */
export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  embed,
  throttled: {
    ...embed,
    name: "throttled",
    limits: { requestsPerMinute: 750, tokensPerMinute: 5_000_000 },
  },
  faulty: { ...embed, name: "faulty", serverErrorRate: 0.01, badInputEvery: 1000 },
  chat: {
    ...embed,
    name: "chat",
    kind: "chat",
    items: 2000,
    meanTokens: 60,
    limits: { requestsPerMinute: 6000, tokensPerMinute: 10_000_000 },
    latency: { minMs: 20, maxMs: 400 },
  },
  wide: { ...embed, name: "wide", dimensions: 1536 },
};

/** Inputs of one round, the same for the same seed. */
export function inputsOf({ meanTokens, badInputEvery }: Workload, count: number, seed: number): readonly string[] {
  return lognormalTexts({ count, seed, meanTokens, badInputEvery });
}

/** Answerable inputs of a round: all but the bad ones. */
export function goodInputsOf(workload: Workload, count: number, seed: number): readonly string[] {
  const bad = new Set(badPositions(count, seed, workload.badInputEvery));
  return inputsOf(workload, count, seed).filter((_, index) => !bad.has(index));
}

/** Behavior of the emulator for this work. */
export function behaviorOf({ limits, latency, serverErrorRate, badInputEvery }: Workload, seed: number): Behavior {
  return {
    seed,
    limits,
    fill: FILL,
    latency,
    faults: { serverErrorRate, ...(badInputEvery !== undefined && { badInput: { marker: BAD_MARKER } }) },
  };
}

/** Shortest time of any answer, in milliseconds. */
export function fastestAnswerMs({ latency }: Workload): number {
  return "minMs" in latency ? latency.minMs : latency.baseMs * (1 - latency.jitter);
}
