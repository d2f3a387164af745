/** Requests under way at once. Nothing outside sets it: what the field's crawlers begin with. */
export const MAX_CONCURRENCY = 5;

/** The same where hosts have limits of their own: most requests under way may be waiting for theirs. */
export const MAX_CONCURRENCY_PER_HOST = 50;

/** Milliseconds from a request's dispatch to the end of its body. */
export const TIMEOUT_MS = 30_000;

/** Calls in all for a request whose failures may pass. */
export const ATTEMPTS = 3;

/** The longest wait that a host is obeyed in, unless `retry` says another: the engine's own. */
export const MAX_RETRY_AFTER_MS = 600_000;

/** Bytes of a refusal that are read for its advice. */
export const MAX_ADVICE_BYTES = 65_536;
