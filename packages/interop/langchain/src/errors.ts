import {
  BatchwiseError,
  type ErrorCode,
  type HeadersLike,
  InputError,
  ProviderError,
  retryAfterMs,
  TimeoutError,
  toError,
  type Usage,
} from "@batchwise/core";

/** Their mark of whether an error is worth another call. It is registered globally, so that all copies agree on it. */
const RETRYABLE: unique symbol = Symbol.for("langchain.errors.retryable") as never;

/** A failed call as the engine reads it, and what the provider counted for it where that is known. */
export interface Failure {
  readonly error: Error;
  readonly usage?: Usage;
}

/**
 * What LangChain threw, told anew where it came from a provider: status, code and retryability are kept (P26), words are
 * not, for they may quote an input or a key (P35). An error of the caller's own code passes as it is.
 */
export function failureOf(thrown: unknown): Failure {
  if (BatchwiseError.isInstance(thrown)) return { error: thrown };
  const chain = chainOf(thrown);
  const response = chain.map(responseOf).find((each) => each !== undefined);
  if (response !== undefined) {
    return { error: refusal(response), ...(isFree(response.status) ? { usage: NOTHING } : {}) };
  }
  if (chain.some(({ name }) => name === "TimeoutError")) return { error: timedOut() };
  if (chain.some(({ name }) => name === "ContextOverflowError")) return { error: tooLong() };
  const socket = chain.find((each) => typeof each["code"] === "string" && NETWORK.test(each["code"]));
  // The SDKs' errors have these fields, set or not: without a status no response came.
  if (socket !== undefined || chain.some((each) => "requestID" in each)) return { error: disconnected(socket) };
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

interface Response {
  readonly status: number;
  readonly providerCode: string | undefined;
  readonly requestId: string | undefined;
  readonly param: string | undefined;
  readonly headers: HeadersLike | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 };

/** Codes of the system and of Node's fetch for a connection that failed. */
const NETWORK = /^(ECONN\w+|ENET\w+|EHOST\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|UND_ERR_\w+)$/;

/** A call that is refused costs no tokens; one that broke off may have (P28). */
function isFree(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 409;
}

/** An error and what it wraps. */
function chainOf(thrown: unknown): Fields[] {
  const chain: Fields[] = [];
  for (
    let each = thrown;
    typeof each === "object" && each !== null && chain.length < 5;
    each = (each as Fields)["cause"]
  )
    chain.push(each as Fields);
  return chain;
}

/** SDKs put the status on the error, axios and its like on its `response`. */
function responseOf(error: Fields): Response | undefined {
  const response = objectOf(error["response"]);
  const status = [error["status"], error["statusCode"], response?.["status"]].find((each) => typeof each === "number");
  if (status === undefined) return undefined;
  const body = objectOf(error["error"]);
  return {
    status,
    providerCode: word(error["code"]) ?? word(body?.["code"]) ?? word(error["type"]),
    requestId: word(error["requestID"]) ?? word(error["request_id"]),
    param: word(error["param"]),
    headers: headersOf(error["headers"] ?? response?.["headers"]),
  };
}

function objectOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

function headersOf(value: unknown): HeadersLike | undefined {
  const headers = objectOf(value);
  if (headers === undefined) return undefined;
  if (typeof headers["get"] === "function") return headers as unknown as HeadersLike;
  return { get: (name) => (typeof headers[name] === "string" ? headers[name] : undefined) };
}

/** A short word, as APIs use them for codes. Anything else may quote what was sent. */
function word(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.$[\]-]{1,80}$/.test(text) ? text : undefined;
}

function refusal({ status, providerCode, requestId, param, headers }: Response): ProviderError {
  const { code, advice } = meaningOf(status, providerCode);
  const retryable = code === "rate_limited" || code === "provider_error";
  const waitMs = retryable && headers !== undefined ? retryAfterMs(headers) : undefined;
  const place = code === "invalid_input" ? /^input[[.](\d+)/.exec(param ?? "")?.[1] : undefined;
  return new ProviderError(
    `Expected an answer from the provider, came status ${status}${providerCode === undefined ? "" : ` (${providerCode})`}. ${advice}`,
    {
      code,
      status,
      retryable,
      ...(providerCode === undefined ? {} : { providerCode }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(place === undefined ? {} : { position: Number(place) }),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    },
  );
}

interface Meaning {
  readonly code: ErrorCode;
  readonly advice: string;
}

const QUOTA = /^(insufficient_quota|credit_balance_exhausted|\w+_(spend|usage)_limit_exceeded)$/;

/** What a status means, decided here and nowhere else (P30). */
function meaningOf(status: number, providerCode: string | undefined): Meaning {
  if (status === 402 || QUOTA.test(providerCode ?? "")) {
    return {
      code: "quota_exceeded",
      advice: "The account has used up what it may spend: add credit or raise its limit.",
    };
  }
  if (status === 401 || status === 403) {
    return { code: "authentication", advice: "Check the key, and what it may use." };
  }
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

function timedOut(): TimeoutError {
  return new TimeoutError("The call took longer than its own timeout. Allow it more time, or send less at once.");
}

function tooLong(): InputError {
  return new InputError("The input is longer than the model reads. Shorten it, or use a model that reads more.");
}

/** @param socket the system's own error: the only one whose text is known to be harmless */
function disconnected(socket: Fields | undefined): ProviderError {
  const shown = socket === undefined ? "" : ` (${socket["code"] as string})`;
  return new ProviderError(
    `Expected an answer from the provider, but the connection failed${shown}. Try again later.`,
    {
      code: "network_error",
      retryable: true,
      ...(socket === undefined ? {} : { cause: socket }),
    },
  );
}

function markOf(thrown: unknown): boolean | undefined {
  const mark: unknown = typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, RETRYABLE) : undefined;
  return typeof mark === "boolean" ? mark : undefined;
}

function marked(error: Error, retryable: boolean): ProviderError {
  const advice = retryable ? "It may succeed later." : "It can't succeed as it is.";
  return new ProviderError(`LangChain gave the call up (${word(error.name) ?? "Error"}). ${advice}`, {
    retryable,
    cause: error,
  });
}
