/** Embed: texts, images or inputs a request. https://docs.cohere.com/reference/embed, 2026-11-24 */
export const MAX_TEXTS = 96;

/** Embed: lengths of vectors that v4 offers. https://docs.cohere.com/reference/embed, 2026-11-24 */
export const OUTPUT_DIMENSIONS: readonly unknown[] = [256, 512, 1024, 1536];

/** Embed: tokens that a model reads of an input. https://docs.cohere.com/docs/cohere-embed, 2026-11-24 */
export const CONTEXT_TOKENS = { v3: 512, v4: 128_000 } as const;

/**
 * Rerank: documents a request; more than 1,000 are not recommended.
 * https://docs.cohere.com/docs/reranking-best-practices, 2026-11-24
 */
export const MAX_DOCUMENTS = 10_000;

/** Rerank: tokens that count of a document. https://docs.cohere.com/reference/rerank, 2026-11-24 */
export const MAX_TOKENS_PER_DOCUMENT = 4096;

/** Rerank: documents that one search unit pays for. https://cohere.com/pricing, 2026-11-24 */
export const DOCUMENTS_PER_UNIT = 100;

/** Classify: inputs a request. https://docs.cohere.com/reference/classify, 2026-11-24 */
export const MAX_INPUTS = 96;

/** Classify: examples a request. https://docs.cohere.com/reference/classify, 2026-11-24 */
export const MAX_EXAMPLES = 2500;

/** Datasets: bytes of one. https://docs.cohere.com/docs/datasets, 2026-11-24 */
export const MAX_DATASET_BYTES = 1.5e9;

/** Tokenize: characters a text. https://docs.cohere.com/reference/tokenize, 2026-11-24 */
export const MAX_CHARACTERS = 65_536;
