import type { Demand, RateLimiter } from "../../contract/rate-limiter.ts";
import type { RequestLimits } from "../../contract/runnable.ts";
import type { CallStrategy } from "../resolve/call-strategy.ts";
import type { Chunk } from "./chunk.ts";

/** Limits of one chunk; Infinity where the backend states none. */
export interface ChunkLimits {
  readonly maxInputs: number;
  readonly maxTokens: number;
  readonly maxBytes: number;
}

/** Inputs in a chunk where nothing limits it. */
const DEFAULT_MAX_INPUTS = 100;
/** Tokens of the chunk that finds out the limits: few, since a bucket may be all but empty. */
const PROBE_TOKENS = 10_000;
/** Inputs that are not worth being cut. */
const SMALLEST = 16;
/** Milliseconds that a shorter wait for a smaller chunk must save to be worth a request of its own. */
const WORTH_MS = 25;

/** Largest chunk that a Runnable may be called with: its backend's limits, and the caller's where they are lower. */
export function chunkLimits(
  strategy: CallStrategy<never, unknown>,
  own: RequestLimits | undefined,
  asked: RequestLimits | undefined,
  isWhole: boolean,
): ChunkLimits {
  if (strategy.kind === "one") return ONE_INPUT;
  // An override does its own packing: it gets the whole of a finite array.
  if (strategy.isOverride && isWhole) return UNLIMITED;
  const maxInputs = Math.min(own?.maxInputs ?? Infinity, asked?.maxInputs ?? Infinity);
  const maxTokens = Math.min(own?.maxTokens ?? Infinity, asked?.maxTokens ?? Infinity);
  const maxBytes = Math.min(own?.maxBytes ?? Infinity, asked?.maxBytes ?? Infinity);
  const isUnlimited = maxInputs === Infinity && maxTokens === Infinity && maxBytes === Infinity;
  const isStated = own?.maxInputs !== undefined || asked?.maxInputs !== undefined;
  return { maxInputs: isUnlimited && !isStated ? DEFAULT_MAX_INPUTS : maxInputs, maxTokens, maxBytes };
}

const ONE_INPUT: ChunkLimits = { maxInputs: 1, maxTokens: Infinity, maxBytes: Infinity };
const UNLIMITED: ChunkLimits = { maxInputs: Infinity, maxTokens: Infinity, maxBytes: Infinity };

/** Inputs of a chunk that go out first while nothing is known of the limits. */
export function probeSize(chunk: Chunk<unknown>): number {
  return Math.max(1, chunk.countWithin(PROBE_TOKENS));
}

/**
 * Inputs of a chunk that go out next near the end of a batch: at most `most`, where the chunk would wait for its tokens.
 * Nothing is to wait at the end for one large answer, or for the bisecting of one.
 */
export function lastSize(size: number, demand: Demand, limiter: RateLimiter | undefined, most: number): number {
  // While there is an outage, a call only asks.
  if (limiter?.outage !== undefined) return 1;
  const part = Math.max(SMALLEST, Math.ceil(most));
  if (!(part < size) || limiter?.waitMs === undefined) return size;
  const share = part / size;
  const { tokens, inputTokens = 0, outputTokens = 0 } = demand;
  const smaller = { tokens: tokens * share, inputTokens: inputTokens * share, outputTokens: outputTokens * share };
  const saved = limiter.waitMs(demand) - limiter.waitMs({ requests: 1, inputs: part, ...smaller });
  return saved < WORTH_MS ? size : part;
}
