import { type ErrorCode, type HeadersLike, ProviderError, retryAfterMs } from "@batchwise/core";

/**
 * The error for a refusal. Whether to try again, whether an input is to blame and whether the whole run ends is decided
 * here, once, from status and code alone. The provider's own message is left out: it may quote an input or the key.
 */
export function errorOf(status: number, headers: HeadersLike, body: unknown): ProviderError {
  // TODO: where My Provider puts its error codes.
  const { error } = (body ?? {}) as { readonly error?: { readonly code?: unknown } | null };
  const providerCode = word(error?.code);
  const verdict = judge(status, providerCode);
  const retryable = verdict === "rate_limited" || verdict === "provider_error";
  const waitMs = retryable ? retryAfterMs(headers) : undefined;
  const requestId = word(headers.get("x-request-id"));
  const shown = providerCode === undefined ? String(status) : `${status} ${providerCode}`;
  return new ProviderError(`${MESSAGES[verdict]} (${shown})`, {
    code: verdict,
    status,
    retryable,
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** The connection failed, or the answer broke off. */
export function networkError(): ProviderError {
  return new ProviderError(
    "The connection to My Provider failed. Try again later; if it goes on, check the network and `baseURL`.",
    { code: "network_error", retryable: true },
  );
}

/** Whether a refused call costs no tokens, so that what was reserved for it is given back. */
export function isFree(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408;
}

/** A short word, as APIs use them for codes and ids. Anything else may quote what was sent. */
export function word(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.-]{1,80}$/.test(text) ? text : undefined;
}

// TODO: codes of My Provider that say more than their status does.
const QUOTA: ReadonlySet<string> = new Set(["insufficient_quota"]);

type Verdict = ErrorCode & keyof typeof MESSAGES;

const MESSAGES = {
  authentication: "My Provider refuses the API key. Check MY_PROVIDER_API_KEY, and what the key may use.",
  quota_exceeded: "The account has used up what it may spend. Add credit, or raise its limit.",
  rate_limited: "My Provider's rate limit is reached. Try again later, or send less at once.",
  request_too_large: "The request is larger than My Provider takes. Send fewer or shorter inputs in one request.",
  invalid_input: "My Provider refuses an input. It can't succeed as it is: change it, or leave it out.",
  invalid_argument: "My Provider refuses the request, whatever its inputs are. Check the model and `baseURL`.",
  provider_error: "My Provider failed for the moment. Try again later.",
} as const;

function judge(status: number, providerCode: string | undefined): Verdict {
  if (status === 402 || QUOTA.has(providerCode ?? "")) return "quota_exceeded";
  if (status === 401 || status === 403) return "authentication";
  if (status === 413) return "request_too_large";
  if (status === 429) return "rate_limited";
  if (status === 400 || status === 422) return "invalid_input";
  if (status === 408 || status === 409 || status === 425 || status >= 500) return "provider_error";
  return "invalid_argument";
}
