import {
  ANY_INPUT,
  causesOf,
  cutShort,
  type Dialect,
  type Failure,
  failureOf,
  type Fields,
  fieldsOf,
  filtered,
  networkError,
  notAnswer,
  parseJson,
  socketError,
  word,
} from "@batchwise/adapter-kit";
import { BatchwiseError, InputError, ProviderError, toError } from "@batchwise/core";

/** Their mark of whether an error is worth another call. It is registered globally, so that all copies agree on it. */
const RETRYABLE: unique symbol = Symbol.for("langchain.errors.retryable") as never;

/** Any provider that LangChain has a package for. */
export const ANY_PROVIDER: Dialect = { provider: "the provider" };

/**
 * Reads an error of LangChain's, as one of ours where it is a provider's: status, code and retryability are kept (P26), words are
 * not, for they may quote an input or a key (P35). An error of the caller's own code passes as it is.
 */
export function chainFailure(thrown: unknown): Failure {
  const failure = failureOf(unusualIn(thrown) ?? thrown, ANY_PROVIDER, ANY_INPUT);
  if (failure !== undefined) return failure;
  const causes = causesOf(thrown);
  const known = causes.map(nameOf).find((name) => name in BY_NAME);
  if (known !== undefined) return { error: BY_NAME[known]!() };
  const cause = socketError(thrown);
  // The SDKs' errors have these fields, set or not: without a status there was no response.
  if (cause !== undefined || causes.some((each) => "requestID" in each)) {
    return { error: networkError(thrown, ANY_PROVIDER, { cause }) };
  }
  const error = toError(thrown);
  const mark = markOf(thrown);
  return { error: mark === undefined ? error : marked(error, mark) };
}

/**
 * The response in an error of an SDK that keeps its parts where others do not: AWS's status, and its code in the name;
 * Ollama's `status_code`; a body in Google's `errorDetails`, in a text, or in the message. Undefined for other errors.
 */
function unusualIn(thrown: unknown): object | undefined {
  const causes = causesOf(thrown);
  if (causes.some((each) => BatchwiseError.isInstance(each))) return undefined;
  for (const each of causes) {
    const { httpStatusCode: awss, requestId } = fieldsOf(each["$metadata"]) ?? {};
    const body = bodyIn(each["errorDetails"], [each["body"], each["message"]]);
    const usual = body === undefined ? undefined : (each["status"] ?? each["statusCode"]);
    const status = each["status_code"] ?? awss ?? usual;
    if (typeof status !== "number") continue;
    const code = awss === undefined ? each["code"] : each["name"];
    return { ...each, status, code, requestID: requestId, error: body, data: body, body, cause: undefined };
  }
  return undefined;
}

function bodyIn(errorDetails: unknown, texts: readonly unknown[]): unknown {
  if (Array.isArray(errorDetails)) return { error: { details: errorDetails } };
  const bodies = texts.map((text) => (typeof text === "string" ? fieldsOf(parseJson(text)) : undefined));
  return bodies.find((each) => each !== undefined);
}

/** Tells LangChain's own retries what ours has decided. */
export function forLangChain(error: Error): Error {
  if (BatchwiseError.isInstance(error) && Object.isExtensible(error) && !Object.hasOwn(error, RETRYABLE)) {
    Object.defineProperty(error, RETRYABLE, { value: error.retryable, configurable: true });
  }
  return error;
}

/**
 * Errors without a status that say what became of an answer: of LangChain, of the SDKs that read JSON by themselves, and of
 * the schemas in its parsers. Their messages hold the answer.
 */
const BY_NAME: Readonly<Record<string, () => Error>> = {
  ContextOverflowError: tooLong,
  OUTPUT_PARSING_FAILURE: () => notAnswer("what the chain's parser reads"),
  SyntaxError: () => notAnswer("JSON"),
  ZodError: () => notAnswer("what the schema takes"),
  $ZodError: () => notAnswer("what the schema takes"),
  LengthFinishReasonError: cutShort,
  ContentFilterFinishReasonError: filtered,
};

/** LangChain's own code, the name, or the class's where an SDK gives no other name than Error. */
function nameOf({ lc_error_code: code, name, constructor }: Fields): string {
  if (code === "OUTPUT_PARSING_FAILURE") return code;
  return name === "Error" ? (constructor as { readonly name: string }).name : String(name);
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
