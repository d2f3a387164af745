import {
  type ErrorCode,
  type HeadersLike,
  InputError,
  ProviderError,
  ResultError,
  retryAfterMs,
  TimeoutError,
} from "@batchwise/core";
import { kindOf } from "./options.ts";

/*
 * A URL is an input, and so are its host, its path and its query: no message holds any of them, and no error of
 * `fetch`, which holds some, is passed on.
 */

/** Statuses under 500 that may pass. */
const PASSING = new Set([408, 425, 429]);
/** What a server says that will not change its mind. */
const LASTING = new Set([501, 505]);
/** Systems' codes for what another try does not change: no such host, a certificate that is not trusted. */
const LASTING_CODE = /^(ENOTFOUND|CERT_|ERR_TLS_CERT|ERR_INVALID|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** The input leads to no request. */
export function badInput(expected: string, value?: unknown): InputError {
  return new InputError(`Expected ${expected}${value === undefined ? "" : `, came ${kindOf(value)}`}.`);
}

/** A Request's own signal ended it. */
export function unwanted(): InputError {
  return badInput("a Request that is still wanted, came one whose own signal is aborted");
}

/**
 * A status that is no result. Decided here, once, whether the same request may succeed later (P30).
 *
 * No status ends a batch: what one host refuses, another may give.
 */
export function badStatus(status: number, headers: HeadersLike, repeatable: boolean): ProviderError {
  const passing = PASSING.has(status) || (status >= 500 && !LASTING.has(status));
  const waitMs = passing ? retryAfterMs(headers) : undefined;
  const code: ErrorCode = status === 429 ? "rate_limited" : "provider_error";
  return new ProviderError(`Expected a status that \`accept\` takes, came ${status}. ${adviceFor(status, passing)}`, {
    code,
    status,
    retryable: passing && repeatable,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** No response came, or not all of it. */
export function badConnection(thrown: unknown, repeatable: boolean): ProviderError {
  const code = systemCode(thrown);
  return new ProviderError(
    `Expected a response, but the connection failed${code === undefined ? "" : ` (${code})`}. Check the address, or try again later.`,
    {
      code: "network_error",
      retryable: repeatable && !LASTING_CODE.test(code ?? ""),
      ...(code === undefined ? {} : { providerCode: code }),
    },
  );
}

/** The time for one request ran out. */
export function tooSlow(timeoutMs: number, repeatable: boolean): TimeoutError | ProviderError {
  const message = `Expected a response within timeoutMs (${timeoutMs} ms), body included; it took longer. Allow it more time.`;
  // A TimeoutError may always be tried again; this request may not.
  return repeatable ? new TimeoutError(message) : new ProviderError(message, { code: "timeout", retryable: false });
}

/** The body is longer than the caller takes. */
export function tooLarge(maxBytes: number): ResultError {
  return new ResultError(
    `Expected a body of at most maxBytes (${maxBytes}) bytes, came a longer one. Raise maxBytes, or leave this out.`,
  );
}

/** The body is no JSON. */
export function noJson(): ResultError {
  return new ResultError('Expected a body in JSON, came something else. Check the address, or use `as: "text"`.');
}

function adviceFor(status: number, passing: boolean): string {
  if (status === 429) return "Send less a minute; `perHost` does that.";
  if (passing) return "Try again later.";
  return status >= 300 && status < 400
    ? "Set `redirect`, or let `accept` take it."
    : "Check the address and the request.";
}

function systemCode(thrown: unknown): string | undefined {
  let each: unknown = thrown;
  for (let depth = 0; depth < 5 && each instanceof Error; depth++) {
    const { code } = each as { code?: unknown };
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
    each = each.cause;
  }
  return undefined;
}
