import {
  EmptyResponseBodyError,
  InvalidPromptError,
  InvalidResponseDataError,
  JSONParseError,
  LoadAPIKeyError,
  TooManyEmbeddingValuesForCallError,
  TypeValidationError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  BatchwiseError,
  type CallReport,
  type ErrorCode,
  InputError,
  ProviderError,
  ResultError,
  retryAfterMs,
  TimeoutError,
  toError,
} from "@batchwise/core";
import { factsIn, headersLike, type ModelHeaders } from "./headers.ts";

/** A failed call as the engine reads it, and what the response told beside. */
export interface Failure {
  readonly error: Error;
  readonly report: CallReport;
}

/**
 * What a model of the AI SDK threw, told anew: its errors hold the request's body, the response's, and the provider's
 * words, which may quote an input or a key (P35). Status, code and what follows from them are kept (P26). An error that
 * is not the AI SDK's passes as it is.
 */
export function failureOf(thrown: unknown, provider: string): Failure {
  if (BatchwiseError.isInstance(thrown)) return { error: thrown, report: {} };
  const call = callIn(thrown);
  if (call !== undefined) return call.status === undefined ? unanswered(call) : answered(call, call.status, provider);
  const error = thrown as Error;
  if ((thrown as { name?: unknown } | null)?.name === "TimeoutError") return { error: timedOut(), report: {} };
  for (const [kind, make] of OTHERS) if (kind.isInstance(error)) return { error: make(), report: {} };
  return { error: toError(thrown), report: {} };
}

/** What is read of an APICallError, or of a gateway's error. */
interface FailedCall {
  readonly status: number | undefined;
  readonly headers: ModelHeaders;
  readonly providerCode: string | undefined;
  readonly param: string | undefined;
  readonly cause: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Errors of any copy of the AI SDK have these fields, set or not; some wrap the error that has them. */
function callIn(thrown: unknown): FailedCall | undefined {
  let each = thrown;
  for (let depth = 0; typeof each === "object" && each !== null && depth < 5; depth++) {
    const { statusCode, responseHeaders, isRetryable, data, cause } = each as Fields;
    if (typeof isRetryable === "boolean" || typeof statusCode === "number") {
      const body = objectIn(objectIn(data)?.["error"]) ?? objectIn(data);
      return {
        status: typeof statusCode === "number" ? statusCode : undefined,
        headers: objectIn(responseHeaders) as ModelHeaders,
        providerCode: word(body?.["code"]) ?? word(body?.["type"]),
        param: word(body?.["param"]),
        cause,
      };
    }
    each = cause;
  }
  return undefined;
}

function objectIn(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

/** A short word, as APIs use them for codes. Anything else may quote what was sent. */
function word(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.$[\]-]{1,80}$/.test(text) ? text : undefined;
}

/** A call that is refused costs no tokens; one that broke off may have (P28). */
function isFree(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 409;
}

function answered({ headers, providerCode, param }: FailedCall, status: number, provider: string): Failure {
  const { code, advice } = meaningOf(status, providerCode);
  const retryable = code === "rate_limited" || code === "provider_error";
  const waitMs = retryable ? retryAfterMs(headersLike(headers)) : undefined;
  const place = code === "invalid_input" ? /^input[[.](\d+)/.exec(param ?? "")?.[1] : undefined;
  const facts = factsIn(headers, provider);
  const shown = providerCode === undefined ? "" : ` (${providerCode})`;
  const error = new ProviderError(`Expected an answer from the provider, came status ${status}${shown}. ${advice}`, {
    code,
    status,
    retryable,
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
    ...(place === undefined ? {} : { position: Number(place) }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
  return { error, report: { ...facts, ...(isFree(status) ? { usage: { inputTokens: 0, outputTokens: 0 } } : {}) } };
}

function unanswered({ cause }: FailedCall): Failure {
  const socket = socketIn(cause);
  const shown = socket === undefined ? "" : ` (${socket.code})`;
  const error = new ProviderError(
    `Expected an answer from the provider, but the connection failed${shown}. Try again later.`,
    { code: "network_error", retryable: true, ...(socket === undefined ? {} : { cause: socket }) },
  );
  return { error, report: {} };
}

/** Codes of the system and of Node's fetch for a connection that failed. */
const NETWORK = /^(ECONN\w+|ENET\w+|EHOST\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|UND_ERR_\w+)$/;

/** The error of the socket or the system: the only one whose text is known to be harmless. */
function socketIn(cause: unknown): { readonly code: string } | undefined {
  let each = cause;
  for (let depth = 0; typeof each === "object" && each !== null && depth < 5; depth++) {
    const { code, cause: inner } = each as Fields;
    if (typeof code === "string" && NETWORK.test(code)) return each as { readonly code: string };
    each = inner;
  }
  return undefined;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly advice: string;
}

const QUOTA = /^(insufficient_quota|credit_balance_exhausted|\w+_(spend|usage)_limit_exceeded)$/;

/** What a status means, decided here and nowhere else (P30). */
function meaningOf(status: number, providerCode: string | undefined): Meaning {
  if (status < 400) {
    return {
      code: "provider_error",
      advice: "Its body was cut off, or is not what the model expects: try again later.",
    };
  }
  if (status === 402 || QUOTA.test(providerCode ?? "")) {
    return {
      code: "quota_exceeded",
      advice: "The account has used up what it may spend: add credit or raise its limit.",
    };
  }
  if (status === 401 || status === 403)
    return { code: "authentication", advice: "Check the key, and what it may use." };
  if (status === 413 || providerCode === "max_tokens_per_request") {
    return { code: "request_too_large", advice: "Send fewer or shorter inputs in one request." };
  }
  if (status === 429) return { code: "rate_limited", advice: "The rate limit is reached: try again later." };
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    return { code: "provider_error", advice: "Try again later." };
  }
  if (status === 400 || status === 422) {
    return { code: "invalid_input", advice: "The input can't succeed as it is: change it, or leave it out." };
  }
  return { code: "invalid_argument", advice: "No input can succeed: check the model's name and the options." };
}

/** Errors of the AI SDK that came from no response. Some hold the inputs, so none is kept. */
const OTHERS: readonly (readonly [{ isInstance(error: unknown): boolean }, () => Error])[] = [
  [
    LoadAPIKeyError,
    () => refused("authentication", "Expected a key, came none. Set the provider's environment variable or `apiKey`."),
  ],
  [
    TooManyEmbeddingValuesForCallError,
    () => refused("request_too_large", "Expected fewer inputs in one request. Lower `request.maxInputs`."),
  ],
  [
    UnsupportedFunctionalityError,
    () => refused("invalid_argument", "The model does not take one of the parameters, or a part of the prompt."),
  ],
  [InvalidPromptError, () => new InputError("Expected a prompt of the AI SDK's shape, came something else.")],
  [InvalidResponseDataError, () => new ResultError("Expected an answer of the model's shape, came something else.")],
  [EmptyResponseBodyError, () => passing("came none")],
  [JSONParseError, () => passing("came one that is no JSON")],
  [TypeValidationError, () => passing("came one of another shape")],
];

function refused(code: ErrorCode, message: string): ProviderError {
  return new ProviderError(message, { code, retryable: false });
}

function passing(came: string): ProviderError {
  return new ProviderError(`Expected a body from the provider, ${came}. Try again later.`, { retryable: true });
}

function timedOut(): TimeoutError {
  return new TimeoutError("The call took longer than its own timeout. Allow it more time, or send less at once.");
}
