/*
 * Limits and sizes of Cohere's API.
 *
 * Sources, checked on 2026-11-24:
 * https://docs.cohere.com/docs/rate-limits
 * https://docs.cohere.com/reference/embed
 * https://docs.cohere.com/reference/rerank
 * https://docs.cohere.com/reference/classify
 * https://docs.cohere.com/docs/cohere-embed
 */

/** The two kinds of key: a free one, and a paid one. */
export type CohereTier = "trial" | "production";

/** Calls and inputs that a key may send to an endpoint in a minute. */
export interface EndpointLimits {
  readonly requestsPerMinute?: number;
  readonly inputsPerMinute?: number;
}

/** An endpoint that this package calls; each has limits of its own. */
export type Endpoint = "embed" | "rerank" | "chat" | "classify";

/**
 * By endpoint and kind of key. Embed counts texts, the others calls; chat's is each model's own. Trial keys are also
 * held to 1,000 calls a month, which shows as a 429 like any other.
 */
export const RATE_LIMITS: Readonly<Record<Endpoint, Readonly<Record<CohereTier, EndpointLimits>>>> = {
  embed: { trial: { inputsPerMinute: 2000 }, production: { inputsPerMinute: 2000 } },
  rerank: { trial: { requestsPerMinute: 10 }, production: { requestsPerMinute: 1000 } },
  chat: { trial: { requestsPerMinute: 20 }, production: { requestsPerMinute: 500 } },
  classify: { trial: { requestsPerMinute: 500 }, production: { requestsPerMinute: 500 } },
};

/** Calls in flight at most. Enough for each rate above at several times the usual latency. */
export const MAX_CONCURRENCY: Readonly<Record<Endpoint, number>> = {
  embed: 10,
  rerank: 10,
  chat: 50,
  classify: 10,
};

/** Milliseconds that one call may take: what the SDK itself allows. */
export const TIMEOUT_MS = 300_000;

/** Texts in one call of embed. */
export const EMBED_TEXTS = 96;

/** Texts in one call of classify, and examples that go along with them. */
export const CLASSIFY_TEXTS = 96;
export const CLASSIFY_EXAMPLES = 2500;

/** Documents in one call of rerank: the API takes 10,000 and advises 1,000. */
export const RERANK_DOCUMENTS = 1000;

/** Length of a model's vectors where no `outputDimension` is asked for. */
export const DIMENSIONS: Readonly<Record<string, number>> = {
  "embed-v5.0-pro": 2048,
  "embed-v5.0-fast": 2048,
  "embed-v4.0": 1536,
  "embed-english-v3.0": 1024,
  "embed-multilingual-v3.0": 1024,
  "embed-english-light-v3.0": 384,
  "embed-multilingual-light-v3.0": 384,
};
