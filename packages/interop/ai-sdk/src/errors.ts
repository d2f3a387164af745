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
  ANY_INPUT,
  causesOf,
  type Dialect,
  type Failure,
  failureOf,
  networkError,
  notAnswer,
  socketError,
} from "@batchwise/adapter-kit";
import { type ErrorCode, InputError, ProviderError, toError } from "@batchwise/core";

/**
 * Reads an error of the AI SDK's: its errors hold the request's body, the response's, and the provider's
 * words, which may quote an input or a key (P35). Status, code and what follows from them are kept (P26). An error that
 * is not the AI SDK's passes as it is.
 */
export function modelFailure(thrown: unknown, dialect: Dialect): Failure {
  const failure = failureOf(thrown, dialect, ANY_INPUT);
  if (failure !== undefined) return failure;
  // Calls of any copy of the AI SDK that had no response say whether to retry, and nothing else.
  const call = causesOf(thrown).find(({ isRetryable }) => typeof isRetryable === "boolean");
  if (call !== undefined) return { error: networkError(call, dialect, { cause: socketError(call["cause"]) }) };
  const make = OTHERS.find(([kind]) => kind.isInstance(thrown))?.[1];
  return { error: make?.() ?? toError(thrown) };
}

/** Errors of the AI SDK without a response. Some hold the inputs, so none is kept. */
const OTHERS: readonly (readonly [{ isInstance(error: unknown): boolean }, () => Error])[] = [
  [LoadAPIKeyError, () => refused("authentication", "a key", "none. Set the provider's variable or `apiKey`.")],
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
