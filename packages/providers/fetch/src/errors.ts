import {
  ANY_INPUT,
  type Dialect,
  networkError,
  providerError,
  refusalIn,
  type RefusedResponse,
  systemCode,
  timedOut,
} from "@batchwise/adapter-kit";
import { InputError, ProviderError, ResultError, type TimeoutError } from "@batchwise/core";

/*
 * A URL is an input, and so are its host, its path and its query: no message holds any of them, and no error of
 * `fetch`, which holds some, is passed on.
 */

/** Statuses of a host that will not change its mind, where another API would. */
const ANY_HOST: Dialect = {
  provider: "a host",
  statuses: { 409: "invalid_argument", 501: "invalid_argument", 505: "invalid_argument" },
};
/** Systems' codes for what another try does not change: a certificate that is not trusted. */
const LASTING_CODE = /^(CERT_|ERR_TLS_CERT|ERR_INVALID|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** The input leads to no request. */
export function badInput(expected: string, got: string): InputError {
  return new InputError(`Expected ${expected}, got ${got}.`);
}

/** A Request's own signal ended it. */
export function unwanted(): InputError {
  return badInput("a Request that is still wanted", "one whose own signal is aborted");
}

/** A status that is not a result. No status ends a batch: what one host refuses, another may give. */
export function badStatus(refused: RefusedResponse & { readonly status: number }, repeatable: boolean): ProviderError {
  const { status } = refused;
  const { code, retryable, retryAfterMs } = providerError(refusalIn(refused, ANY_HOST), ANY_HOST, ANY_INPUT);
  // Below 400 it is an answer that was not asked for, not one that was cut off.
  const passing = status >= 400 && retryable;
  return new ProviderError(`Expected a status that \`accept\` takes, got ${status}. ${adviceFor(status, passing)}`, {
    code: code === "rate_limited" ? code : "provider_error",
    status,
    retryable: passing && repeatable,
    retryAfterMs: passing ? retryAfterMs : undefined,
  });
}

/** Error for a response that is missing, or not whole. */
export function badConnection(thrown: unknown, repeatable: boolean): TimeoutError | ProviderError {
  const lasts = LASTING_CODE.test(systemCode(thrown) ?? "");
  return ofRequest(networkError(thrown, ANY_HOST, { retryable: repeatable && !lasts }), repeatable);
}

/** The time for one request ran out. */
export function tooSlow(timeoutMs: number, repeatable: boolean): TimeoutError | ProviderError {
  return ofRequest(timedOut(timeoutMs), repeatable);
}

/** A TimeoutError may always be tried again; this request may not. */
function ofRequest(error: TimeoutError | ProviderError, repeatable: boolean): TimeoutError | ProviderError {
  if (repeatable || ProviderError.isInstance(error)) return error;
  return new ProviderError(error.message, { code: "timeout", retryable: false });
}

/** The body is longer than the caller takes. */
export function tooLarge(maxBytes: number): ResultError {
  return new ResultError(
    `Expected a body of at most maxBytes (${maxBytes}) bytes, got a longer one. Raise maxBytes, or leave this out.`,
  );
}

/** The body is not JSON: a host's or a proxy's mood, most often. */
export function notJson(status: number, repeatable: boolean): ProviderError {
  return new ProviderError(
    `Expected a body in JSON, got something else (${status}): cut off, from a proxy, or a page. ` +
      'Try again later; if it goes on, check the address, or use `as: "text"`.',
    { status, retryable: repeatable },
  );
}

/** The status says that there is no body. */
export function noBody(status: number): ResultError {
  return new ResultError(
    `Expected a body in JSON, got none (${status}). Use \`as: "text"\`, or leave it out by \`accept\`.`,
  );
}

/** Each try would be paid for and end the same way. */
export function eventStream(status: number): ProviderError {
  return new ProviderError(
    "Expected a body in JSON, got a stream of events. Ask for none (`stream: false`), or read it with a function as `as`.",
    { code: "invalid_input", status, retryable: false },
  );
}

function adviceFor(status: number, passing: boolean): string {
  if (status === 429) return "Send less a minute; `perHost` does that.";
  if (passing) return "Try again later.";
  return status >= 300 && status < 400
    ? "Set `redirect`, or let `accept` take it."
    : "Check the address and the request.";
}
