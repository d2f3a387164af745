import {
  BatchwiseError,
  type ErrorCode,
  type HeadersLike,
  InputError,
  ProviderError,
  ResultError,
  retryAfterMs,
  TimeoutError,
} from "@batchwise/core";
import type { CohereError } from "cohere-ai";
import { requestIdIn } from "./headers.ts";
import { kindOf } from "./options.ts";

/** What a status means, and whether the same call may succeed later: decided here and nowhere else. */
interface Meaning {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly advice: string;
}

const REFUSED: Meaning = {
  code: "invalid_input",
  retryable: false,
  advice: "The input can't succeed as it is, or the options do not fit the model: change them.",
};
const PASSING: Meaning = { code: "provider_error", retryable: true, advice: "Try again later." };
const NOT_THERE: Meaning = {
  code: "invalid_argument",
  retryable: false,
  advice: "No input can succeed: check the model's name, the options and `baseURL`.",
};
const KEY: Meaning = {
  code: "authentication",
  retryable: false,
  advice: "Check CO_API_KEY or the option `apiKey`, and what the key may use.",
};

/** Statuses by https://docs.cohere.com/reference/errors and the SDK's types, checked 2026-11-24. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  400: REFUSED,
  401: KEY,
  402: {
    code: "quota_exceeded",
    retryable: false,
    advice: "The account has reached its billing limit: raise it, or add a way to pay.",
  },
  403: KEY,
  408: PASSING,
  409: PASSING,
  413: { code: "request_too_large", retryable: false, advice: "Send fewer or shorter inputs in one request." },
  422: REFUSED,
  425: PASSING,
  429: { code: "rate_limited", retryable: true, advice: "The key's rate limit is reached: try again later." },
  // A word in the request or in its answer is on Cohere's deny list.
  498: REFUSED,
  // Cancelled on Cohere's side.
  499: PASSING,
  501: NOT_THERE,
};

/** Calls that Cohere refuses cost no tokens; one that broke off may have. */
function isFree(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 499;
}

/** An error with what the response that brought it said. */
export interface Mapped {
  readonly error: Error;
  readonly headers: HeadersLike | undefined;
  /** Whether the provider counted nothing for the call. */
  readonly free: boolean;
}

/**
 * An error of the SDK as one of ours. Neither the SDK's message nor the response's words are carried along: both can
 * hold what was sent. What the SDK did not make passes as it is.
 */
export function mapError(error: unknown): Mapped {
  if (error instanceof Error && error.name === "CohereTimeoutError") return unanswered(timedOut());
  if (isCohereError(error)) {
    const { statusCode } = error;
    if (statusCode === undefined) return unanswered(withoutStatus(error.cause));
    const headers: HeadersLike | undefined = error.rawResponse?.headers;
    return { error: withStatus(statusCode, error.body, headers), headers, free: isFree(statusCode) };
  }
  const path = pathOf(error);
  if (path === undefined) return unanswered(error as Error);
  // The SDK's own check: of what came ("response" comes first in the path), or of what was to be sent.
  return path[0] === "response" ? unanswered(noJson(undefined, undefined)) : { ...unanswered(malformed()), free: true };
}

/** The response is not the JSON object that it should be: cut off, or from somebody in between. */
export function noJson(status: number | undefined, headers: HeadersLike | undefined): ProviderError {
  return new ProviderError(
    `Expected a JSON object from Cohere, came ${status === undefined ? "something else" : `something else with status ${status}`}. Try again later.`,
    { ...PASSING, ...(status === undefined ? {} : { status }), ...idOf(headers) },
  );
}

/** A stream of events that came to no end. */
export function brokenOff(thrown?: unknown): Error {
  return thrown instanceof SyntaxError ? noJson(200, undefined) : withoutStatus(thrown);
}

/** Whether the SDK's default transport could not read a body that came with a good status, and gave this in its place. */
export function isUnreadable(data: unknown): boolean {
  const { ok, error } = (data ?? {}) as { ok?: unknown; error?: { reason?: unknown } };
  return ok === false && error?.reason === "non-json";
}

/** The response's rows are not one for each input. */
export function wrongRows(expected: string, came: string): ResultError {
  return new ResultError(
    `Expected ${expected} from Cohere, came ${came}. Which belongs to which input can't be told, so none is used.`,
  );
}

/** One row of a response is no use. */
export function wrongRow(expected: string, position: number): ResultError {
  return new ResultError(
    `Expected ${expected} from Cohere; input ${position} of the request got something else. Try again, or check the model.`,
  );
}

/** An input that is not of the right type. */
export function notA(expected: string, position: number | undefined, value: unknown): InputError {
  return new InputError(
    `Expected ${expected}, ${position === undefined ? "the input" : `input ${position} of the request`} is ${kindOf(value)}.`,
    position === undefined ? {} : { position },
  );
}

/** Errors of any copy of the SDK have these fields, set or not. */
function isCohereError(error: unknown): error is CohereError {
  return error instanceof Error && "statusCode" in error && "rawResponse" in error;
}

function withStatus(status: number, body: unknown, headers: HeadersLike | undefined): ProviderError {
  if (status >= 200 && status < 300) return noJson(status, headers);
  const { advice, ...meaning } = MEANINGS[status] ?? (status >= 500 ? PASSING : NOT_THERE);
  const waitMs = meaning.retryable && headers !== undefined ? retryAfterMs(headers) : undefined;
  const providerCode = codeIn(body);
  return new ProviderError(
    `Expected a result from Cohere, came status ${status}${providerCode === undefined ? "" : ` (${providerCode})`}. ${advice}`,
    {
      ...meaning,
      status,
      ...idOf(headers),
      ...(providerCode === undefined ? {} : { providerCode }),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    },
  );
}

/** No response came, or it broke off. */
function withoutStatus(cause: unknown): Error {
  if (BatchwiseError.isInstance(cause)) return cause;
  // The SDK's own timeout aborts with this word as the reason.
  if (cause === "timeout") return timedOut();
  // The SDK's default transport could not parse the body of an error.
  if (cause instanceof SyntaxError) return noJson(undefined, undefined);
  const socket = socketError(cause);
  return new ProviderError(
    `Expected a response from Cohere, but the connection failed${socket === undefined ? "" : ` (${socket.code})`}. Try again later.`,
    {
      code: "network_error",
      retryable: true,
      ...(socket === undefined ? {} : { providerCode: socket.code, cause: socket }),
    },
  );
}

function timedOut(): TimeoutError {
  return new TimeoutError(
    "The client's own timeout ran out. Give it a longer `timeoutInSeconds`, or send less in one request.",
  );
}

function malformed(): InputError {
  return new InputError(
    "Expected an input of the shape that Cohere's API takes; the SDK refused it. Check it against the types.",
  );
}

function unanswered(error: Error): Mapped {
  return { error, headers: undefined, free: false };
}

/** The error of the socket or the system inside of what `fetch` threw: the only one whose text is known to be harmless. */
function socketError(error: unknown): (Error & { readonly code: string }) | undefined {
  let each: unknown = error;
  for (let depth = 0; depth < 5 && each instanceof Error; depth++) {
    const { code } = each as { code?: unknown };
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code)) return each as Error & { code: string };
    each = each.cause;
  }
  return undefined;
}

/** Where the SDK's check of a request or response found a fault; undefined for other errors. */
function pathOf(error: unknown): readonly unknown[] | undefined {
  if (!(error instanceof Error)) return undefined;
  const [first] = (error as { errors?: readonly { readonly path?: unknown }[] }).errors ?? [];
  return Array.isArray(first?.path) ? first.path : undefined;
}

/** Cohere's own code for the error, where there is one and it is a code and no text. */
function codeIn(body: unknown): string | undefined {
  const code = (body as { error_type?: unknown } | undefined | null)?.error_type;
  return typeof code === "string" && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(code) ? code : undefined;
}

function idOf(headers: HeadersLike | undefined): { readonly requestId?: string } {
  const requestId = headers === undefined ? undefined : requestIdIn(headers);
  return requestId === undefined ? {} : { requestId };
}
