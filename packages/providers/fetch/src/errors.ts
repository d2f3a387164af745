import { type Dialect, isPassing, judge, systemCode, timedOut } from "@batchwise/adapter-kit";
import {
  type HeadersLike,
  InputError,
  ProviderError,
  ResultError,
  retryAfterMs,
  type TimeoutError,
} from "@batchwise/core";

/*
 * A URL is an input, and so are its host, its path and its query: no message holds any of them, and no error of
 * `fetch`, which holds some, is passed on.
 */

/** Statuses of a host that will not change its mind, where another API would. */
const ANY_HOST: Dialect = {
  provider: "a host",
  statuses: { 409: "invalid_argument", 501: "invalid_argument", 505: "invalid_argument" },
};
/** Systems' codes for what another try does not change: no such host, a certificate that is not trusted. */
const LASTING_CODE = /^(ENOTFOUND|CERT_|ERR_TLS_CERT|ERR_INVALID|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** The input leads to no request. */
export function badInput(expected: string, got: string): InputError {
  return new InputError(`Expected ${expected}, got ${got}.`);
}

/** A Request's own signal ended it. */
export function unwanted(): InputError {
  return badInput("a Request that is still wanted", "one whose own signal is aborted");
}

/** A status that is not a result. No status ends a batch: what one host refuses, another may give. */
export function badStatus(status: number, headers: HeadersLike, repeatable: boolean): ProviderError {
  const verdict = judge({ status }, ANY_HOST, {});
  // Below 400 it is an answer that was not asked for, not one that was cut off.
  const passing = status >= 400 && isPassing(verdict);
  return new ProviderError(`Expected a status that \`accept\` takes, got ${status}. ${adviceFor(status, passing)}`, {
    code: verdict === "rate_limited" ? verdict : "provider_error",
    status,
    retryable: passing && repeatable,
    retryAfterMs: passing ? retryAfterMs(headers) : undefined,
  });
}

/** Error for a response that is missing, or not whole. */
export function badConnection(thrown: unknown, repeatable: boolean): ProviderError {
  const code = systemCode(thrown);
  return new ProviderError(
    `Expected a response, got a connection that failed${code === undefined ? "" : ` (${code})`}. Check the address, or try again later.`,
    {
      code: "network_error",
      retryable: repeatable && !LASTING_CODE.test(code ?? ""),
      providerCode: code,
    },
  );
}

/** The time for one request ran out. A TimeoutError may always be tried again; this request may not. */
export function tooSlow(timeoutMs: number, repeatable: boolean): TimeoutError | ProviderError {
  const error = timedOut(timeoutMs);
  return repeatable ? error : new ProviderError(error.message, { code: "timeout", retryable: false });
}

/** The body is longer than the caller takes. */
export function tooLarge(maxBytes: number): ResultError {
  return new ResultError(
    `Expected a body of at most maxBytes (${maxBytes}) bytes, got a longer one. Raise maxBytes, or leave this out.`,
  );
}

/** The body is not JSON. */
export function noJson(): ResultError {
  return new ResultError('Expected a body in JSON, got something else. Check the address, or use `as: "text"`.');
}

function adviceFor(status: number, passing: boolean): string {
  if (status === 429) return "Send less a minute; `perHost` does that.";
  if (passing) return "Try again later.";
  return status >= 300 && status < 400
    ? "Set `redirect`, or let `accept` take it."
    : "Check the address and the request.";
}
