import {
  EmptyResponseBodyError,
  InvalidPromptError,
  InvalidResponseDataError,
  JSONParseError,
  LoadAPIKeyError,
  LoadSettingError,
  NoContentGeneratedError,
  NoSuchModelError,
  TooManyEmbeddingValuesForCallError,
  TypeValidationError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  ANY_INPUT,
  causesOf,
  type Dialect,
  eventsInstead,
  type Failure,
  failureIn,
  failureOf,
  type Fields,
  fieldsOf,
  isOtherAnswer,
  looksLikeEvents,
  networkError,
  notAnswer,
  parseBody,
  socketError,
} from "@batchwise/adapter-kit";
import { BatchwiseError, type ErrorCode, InputError, ProviderError, toError } from "@batchwise/core";

/**
 * Reads an error of the AI SDK's: its errors hold the request's body, the response's, and the provider's
 * words, which may quote an input or a key (P35). Status, code and what follows from them are kept (P26). An error that
 * is not the AI SDK's passes as it is.
 */
export function modelFailure(thrown: unknown, dialect: Dialect): Failure {
  const call = callIn(thrown);
  if (call !== undefined && call.statusCode < 300 && looksLikeEvents(String(call["responseBody"]))) {
    return { error: eventsInstead(dialect, { status: call.statusCode }) };
  }
  if (isOtherAnswer(refusedAnswer(thrown)?.body)) return { error: notAnswer("what the model's schema asks for") };
  const failure = failureOf(call ?? thrown, dialect, ANY_INPUT);
  if (failure !== undefined) return failure;
  // Calls of any copy of the AI SDK that had no response say whether to retry, and nothing else.
  const lost = causesOf(thrown).find(({ isRetryable }) => typeof isRetryable === "boolean");
  if (lost !== undefined) return { error: networkError(lost, dialect, { cause: socketError(lost["cause"]) }) };
  const make = OTHERS.find(([kind]) => kind.isInstance(thrown))?.[1];
  return { error: make?.() ?? toError(thrown) };
}

/** Response of a good status, in which nothing failed, whose body a model's own schema refused; undefined for any other failure. */
export function refusedAnswer(thrown: unknown): { readonly body: Fields; readonly headers: unknown } | undefined {
  const { statusCode = Infinity, data, responseHeaders: headers } = callIn(thrown) ?? {};
  const body = fieldsOf(data);
  return statusCode < 300 && body !== undefined && failureIn(body) === undefined ? { body, headers } : undefined;
}

/** A response that a model refused to read, or that refused the request. */
interface RefusedCall extends Fields {
  readonly statusCode: number;
  readonly responseHeaders: unknown;
  readonly data: unknown;
}

/**
 * The response in what was thrown: of all errors that wrap each other, as a gateway's wrap a call's, the first status, headers and
 * body. A model's `data` has only what its schema knows of the body; the text has the advice how long to wait, too. A
 * body of a good status may hold an error with a status of its own.
 */
function callIn(thrown: unknown): RefusedCall | undefined {
  const causes = causesOf(thrown);
  const call = causes.find(({ statusCode }) => typeof statusCode === "number" && statusCode >= 100);
  if (call === undefined || causes.some((each) => BatchwiseError.isInstance(each))) return undefined;
  const valueOf = (name: string): unknown => causes.map((each) => each[name]).find((value) => value !== undefined);
  const data = parseBody(String(valueOf("responseBody"))) ?? valueOf("data");
  const status = call["statusCode"] as number;
  return {
    ...call,
    statusCode: (status < 300 ? failureIn(data)?.status : undefined) ?? status,
    responseHeaders: valueOf("responseHeaders"),
    responseBody: valueOf("responseBody"),
    data,
    cause: undefined,
  };
}

/** Errors of the AI SDK without a response. Some hold the inputs, so none is kept. */
const OTHERS: readonly (readonly [{ isInstance(error: unknown): boolean }, () => Error])[] = [
  [LoadAPIKeyError, () => refused("authentication", "a key", "none. Set the provider's variable or `apiKey`.")],
  [LoadSettingError, () => refused("invalid_argument", "the model's settings", "fewer. Set the provider's variables.")],
  [NoSuchModelError, () => refused("invalid_argument", "a model of the provider's", "another. Check its name.")],
  [NoContentGeneratedError, () => notAnswer("content")],
  [TooManyEmbeddingValuesForCallError, () => tooMany("fewer")],
  [UnsupportedFunctionalityError, () => refused("invalid_argument", "what the model supports", "more. Ask for less.")],
  [InvalidPromptError, () => new InputError("Expected a prompt of the AI SDK's shape, got something else. Change it.")],
  [InvalidResponseDataError, () => notAnswer("what the model promises")],
  [EmptyResponseBodyError, () => passing("none")],
  [JSONParseError, () => passing("one that is not JSON")],
  [TypeValidationError, () => passing("one of another shape")],
];

/** The request holds more values than the model takes. */
export function tooMany(most: number | "fewer"): ProviderError {
  const expected = most === "fewer" ? "fewer values" : `at most ${most} values`;
  return refused("request_too_large", `${expected} in one call of this model`, "more. Lower `request.maxInputs`.");
}

function refused(code: ErrorCode, expected: string, got: string): ProviderError {
  return new ProviderError(`Expected ${expected}, got ${got}`, { code, retryable: false });
}

function passing(got: string): ProviderError {
  return new ProviderError(`Expected a body from the provider, got ${got}. Try again later.`, { retryable: true });
}
