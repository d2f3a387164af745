// TODO: under each limit, the page of My Provider's documentation that states it, and the date on which you read it.

// #region bulk
/** Texts in one embeddings request. */
export const MAX_INPUTS = 96;

// #endregion
/** Requests in flight at once, at most: limits that responses tell usually hold fewer. */
export const MAX_CONCURRENCY = 5;

/** Requests a minute. Undefined where responses tell them (see `headers.ts`), or nobody knows. */
export const REQUESTS_PER_MINUTE: number | undefined = undefined;

/** Tokens a minute. Undefined where responses tell them (see `headers.ts`), or nobody knows. */
export const TOKENS_PER_MINUTE: number | undefined = undefined;

/** Calls in all for an input whose failures may pass. */
export const ATTEMPTS = 6;

/** Milliseconds that one call may take. */
export const TIMEOUT_MS = 120_000;
