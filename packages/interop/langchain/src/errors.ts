import {
  ANY_INPUT,
  causesOf,
  type Dialect,
  type Failure,
  failureOf,
  networkError,
  socketError,
  word,
} from "@batchwise/adapter-kit";
import { BatchwiseError, InputError, ProviderError, toError } from "@batchwise/core";

/** Their mark of whether an error is worth another call. It is registered globally, so that all copies agree on it. */
const RETRYABLE: unique symbol = Symbol.for("langchain.errors.retryable") as never;

/** Any provider that LangChain has a package for. */
const ANY_PROVIDER: Dialect = { provider: "the provider" };

/**
 * Reads an error of LangChain's, as one of ours where it is a provider's: status, code and retryability are kept (P26), words are
 * not, for they may quote an input or a key (P35). An error of the caller's own code passes as it is.
 */
export function chainFailure(thrown: unknown): Failure {
  const failure = failureOf(thrown, ANY_PROVIDER, ANY_INPUT);
  if (failure !== undefined) return failure;
  const causes = causesOf(thrown);
  if (causes.some(({ name }) => name === "ContextOverflowError")) return { error: tooLong() };
  const cause = socketError(thrown);
  // The SDKs' errors have these fields, set or not: without a status there was no response.
  if (cause !== undefined || causes.some((each) => "requestID" in each)) {
    return { error: networkError(thrown, ANY_PROVIDER, { cause }) };
  }
  const error = toError(thrown);
  const mark = markOf(thrown);
  return { error: mark === undefined ? error : marked(error, mark) };
}

/** Tells LangChain's own retries what ours has decided. */
export function forLangChain(error: Error): Error {
  if (BatchwiseError.isInstance(error) && Object.isExtensible(error) && !Object.hasOwn(error, RETRYABLE)) {
    Object.defineProperty(error, RETRYABLE, { value: error.retryable, configurable: true });
  }
  return error;
}

function tooLong(): InputError {
  return new InputError(
    "Expected an input that the model can read, got a longer one. Shorten it, or use another model.",
  );
}

function markOf(thrown: unknown): boolean | undefined {
  const mark: unknown = typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, RETRYABLE) : undefined;
  return typeof mark === "boolean" ? mark : undefined;
}

function marked(error: Error, retryable: boolean): ProviderError {
  const advice = retryable ? "It may succeed later." : "It can't succeed as it is.";
  return new ProviderError(`Expected an output from LangChain, got ${word(error.name) ?? "an error"}. ${advice}`, {
    retryable,
    cause: error,
  });
}
