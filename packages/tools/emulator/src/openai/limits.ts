/** Embeddings: inputs a request. https://platform.openai.com/docs/api-reference/embeddings/create, 2026-11-24 */
export const MAX_INPUTS = 2048;

/** Embeddings: tokens an input. https://platform.openai.com/docs/api-reference/embeddings/create, 2026-11-24 */
export const MAX_INPUT_TOKENS = 8192;

/** Embeddings: tokens a request. https://platform.openai.com/docs/api-reference/embeddings/create, 2026-11-24 */
export const MAX_REQUEST_TOKENS = 300_000;

/** Chat: tokens a prompt of any model, as the GPT-5 family's. https://platform.openai.com/docs/models, 2026-11-24 */
export const CONTEXT_TOKENS = 400_000;

/** Responses: least `max_output_tokens`. https://platform.openai.com/docs/api-reference/responses, 2026-11-24 */
export const MIN_OUTPUT_TOKENS = 16;

/** Chat: choices a request. https://platform.openai.com/docs/api-reference/chat/create, 2026-11-24 */
export const MAX_CHOICES = 128;

/**
 * Batches: lines, bytes, and inputs of embeddings in a file. https://developers.openai.com/api/docs/guides/batch,
 * 2026-11-24
 */
export const MAX_LINES = 50_000;
export const MAX_FILE_BYTES: number = 200 * 1024 * 1024;
export const MAX_EMBEDDING_INPUTS = 50_000;

/** Batches: number in a page of a list, at most and by default. */
export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 20;

/** Moderation: images a request. https://platform.openai.com/docs/api-reference/moderations, 2026-11-24 */
export const MAX_IMAGES = 1;
