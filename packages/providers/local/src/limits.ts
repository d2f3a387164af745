import { utf8Length } from "@batchwise/adapter-kit";
import type { RequestLimits, Weight } from "@batchwise/core";
import type { BucketLimits } from "./buckets.ts";

/**
 * Limits of one call of `invokeMany`. Nothing outside sets a limit: more inputs make better buckets, fewer let
 * progress and abort come sooner.
 */
export const REQUEST: RequestLimits = { maxInputs: 256, maxBytes: 4 * 1024 * 1024 };

/** One request is tokenized while the threads still work on the one before. */
export const MAX_CONCURRENCY = 2;

/** Each thread takes about 80 MB with the default model: a library should not take more unasked. */
export const MOST_THREADS = 4;

/**
 * Limits of one call of the model. Larger ones are not faster on a CPU and need more memory: measured with both
 * models on documentation text.
 */
export const BUCKET: BucketLimits = { maxTexts: 16, maxPaddedTokens: 1024 };

/** UTF-8 bytes, which bound the tokens from above in practice; a text is read no further than `maxTokens`. */
export function weigh(text: string, maxTokens: number | undefined): Weight {
  const bytes = utf8Length(text);
  return { bytes, tokens: Math.min(bytes, maxTokens ?? Infinity), outputTokens: 0 };
}
