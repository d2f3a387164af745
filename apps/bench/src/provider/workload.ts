import type { Behavior } from "@batchwise/emulator";
import { lognormalTexts, POISON, poisonPositions } from "./texts.ts";

/** The suites that run against an emulated provider. */
export type WorkloadName = "embed" | "throttled" | "faulty" | "chat" | "wide";

/** What a provider allows in a minute. */
export interface Limits {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
}

/** Work for a provider, and how that provider behaves. */
export interface Workload {
  readonly name: WorkloadName;
  /** `embed`: texts into vectors, many a request. `chat`: prompts into answers, one a request. */
  readonly kind: "embed" | "chat";
  /** Texts or prompts that the committed results are measured with. */
  readonly items: number;
  readonly meanTokens: number;
  /** Numbers in a vector. */
  readonly dimensions: number;
  readonly limits: Limits;
  readonly latency: Latency;
  /** Part of the requests that are answered with 500 or 503. */
  readonly serverErrorRate: number;
  /** One text in so many is refused, and its whole request with it; the error does not say which. */
  readonly poisonEvery: number | undefined;
}

/** How long an answer takes: a base and what its tokens add, with jitter; or anything between two times. */
export type Latency =
  | { readonly baseMs: number; readonly perThousandTokensMs: number; readonly jitter: number }
  | { readonly minMs: number; readonly maxMs: number };

/** Part of a minute's worth that each bucket holds when the clock starts: as in the middle of a long job. */
export const FILL = 0.02;

/** What OpenAI takes in one request of texts: https://platform.openai.com/docs/api-reference/embeddings (2026-11-24). */
export const REQUEST_LIMITS = { inputs: 2048, tokens: 300_000 } as const;

const embed: Workload = {
  name: "embed",
  kind: "embed",
  items: 50_000,
  meanTokens: 110,
  // Few, so that the network and the emulator have little to do: `wide` has as many as the real model.
  dimensions: 64,
  limits: { requestsPerMinute: 3000, tokensPerMinute: 20_000_000 },
  latency: { baseMs: 60, perThousandTokensMs: 1, jitter: 0.2 },
  serverErrorRate: 0,
  poisonEvery: undefined,
};

/** Every workload, by its suite's name. */
export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  embed,
  throttled: {
    ...embed,
    name: "throttled",
    limits: { requestsPerMinute: 750, tokensPerMinute: 5_000_000 },
  },
  faulty: { ...embed, name: "faulty", serverErrorRate: 0.01, poisonEvery: 1000 },
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

/** The inputs of one round, the same for the same seed. */
export function inputsOf({ meanTokens, poisonEvery }: Workload, count: number, seed: number): readonly string[] {
  return lognormalTexts({ count, seed, meanTokens, poisonEvery });
}

/** The inputs of a round that have an answer: all but the poisoned ones. */
export function goodInputsOf(workload: Workload, count: number, seed: number): readonly string[] {
  const poisoned = new Set(poisonPositions(count, seed, workload.poisonEvery));
  return inputsOf(workload, count, seed).filter((_, index) => !poisoned.has(index));
}

/** How the emulator behaves for this work. */
export function behaviourOf({ limits, latency, serverErrorRate, poisonEvery }: Workload, seed: number): Behavior {
  return {
    seed,
    limits,
    fill: FILL,
    latency,
    faults: { serverErrorRate, ...(poisonEvery !== undefined && { badInput: { marker: POISON } }) },
  };
}

/** The shortest time in which anything is answered, in milliseconds. */
export function fastestAnswerMs({ latency }: Workload): number {
  return "minMs" in latency ? latency.minMs : latency.baseMs * (1 - latency.jitter);
}
