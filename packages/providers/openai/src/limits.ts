import type { RequestLimits } from "@batchwise/core";

/**
 * Limits of one embeddings request: 2,048 inputs and 300,000 tokens in all.
 *
 * Source: https://developers.openai.com/api/reference/resources/embeddings/methods/create, checked 2026-11-24.
 */
export const EMBEDDINGS_REQUEST: RequestLimits = { maxInputs: 2048, maxTokens: 300_000, size: "learned" };

/**
 * Tokens of one text, for OpenAI's own embedding models.
 *
 * Source: https://developers.openai.com/api/reference/resources/embeddings/methods/create, checked 2026-11-24.
 */
export const EMBEDDING_TOKENS = 8192;

/**
 * The longest vectors that OpenAI's own embedding models can be asked for; 0 where none can be asked for. All of these
 * read `EMBEDDING_TOKENS` and tokenize with cl100k_base.
 *
 * Source: https://developers.openai.com/api/docs/guides/embeddings, checked 2026-11-24.
 */
export const EMBEDDING_MODELS: ReadonlyMap<string, number> = new Map([
  ["text-embedding-3-small", 1536],
  ["text-embedding-3-large", 3072],
  ["text-embedding-ada-002", 0],
]);

/**
 * Bytes of the longest token in cl100k_base: a text of more than this many for each allowed token is too long, whatever
 * it says. Measured on gpt-tokenizer 4.0.0.
 */
export const LONGEST_TOKEN_BYTES = 128;

/**
 * Limits of one moderation request. OpenAI states no number of inputs; the lowest tier may send 10,000 tokens a
 * minute, and a request over that is refused forever. 32 short texts, the number in general use, stay below it.
 *
 * Source: https://developers.openai.com/api/docs/models/omni-moderation-latest, checked 2026-11-24.
 */
export const MODERATION_REQUEST: RequestLimits = { maxInputs: 32, maxTokens: 10_000 };

/**
 * Tokens of a picture in a prompt, about: 1,445 at most for gpt-4o in high detail, more or less for other models.
 *
 * Source: https://developers.openai.com/api/docs/guides/images-vision, checked 2026-11-24.
 */
export const IMAGE_TOKENS = 1500;

/** Bulk requests in flight at once, at most: the limits that responses tell usually hold fewer. */
export const BULK_CONCURRENCY = 64;

/** Single calls in flight at once, at most: the limits that responses tell usually hold fewer. */
export const SINGLE_CONCURRENCY = 256;

/** Calls in flight while no response has told a limit. */
export const UNTOLD_CONCURRENCY = 5;

/**
 * Milliseconds that one call may take.
 *
 * Source: the default of OpenAI's own SDK, https://github.com/openai/openai-node#timeouts, checked 2026-11-24.
 */
export const TIMEOUT_MS = 600_000;
