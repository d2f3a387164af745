// TODO: under each limit, the page of My Provider's documentation that states it, and the date on which you read it.

// #region embeddings
/** Texts in one embeddings request. */
export const MAX_INPUTS = 96;

// #endregion
// #region chat
/** Tokens that are reserved for an answer where `maxTokens` does not say how long it may be. */
export const ANSWER_TOKENS = 1000;

// #endregion
/** Requests in flight at once, at most: limits that responses report usually hold fewer. */
export const MAX_CONCURRENCY = 5;

/** Requests a minute. Undefined where responses report them (see `headers.ts`), or where they are unknown. */
export const REQUESTS_PER_MINUTE: number | undefined = undefined;

/** Tokens a minute. Undefined where responses report them (see `headers.ts`), or where they are unknown. */
export const TOKENS_PER_MINUTE: number | undefined = undefined;

/** Milliseconds that one call may take. */
export const TIMEOUT_MS = 120_000;
