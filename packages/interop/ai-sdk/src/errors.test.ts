import {
  APICallError,
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
import { BatchwiseError, InputError, ProviderError } from "@batchwise/core";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { modelFailure } from "./errors.ts";
import { dialectOf } from "./headers.ts";

const failureOf = (thrown: unknown, provider: string) => modelFailure(thrown, dialectOf(provider));

function callError(fields: Partial<ConstructorParameters<typeof APICallError>[0]>): APICallError {
  return new APICallError({
    message: "SECRET",
    url: "https://SECRET.example",
    requestBodyValues: { input: "SECRET" },
    responseBody: "SECRET",
    ...fields,
  });
}

const mapped = (thrown: unknown): Error & { readonly retryAfterMs?: number } => failureOf(thrown, "openai.chat").error;

describe("P26 P30 an error keeps its status, and its retryability follows from status and code", () => {
  test.each<[number, object, object]>([
    [200, {}, { code: "provider_error", retryable: true }],
    [400, {}, { code: "invalid_input", retryable: false }],
    [400, { code: "max_tokens_per_request" }, { code: "request_too_large", retryable: false }],
    [400, { param: "input[17]" }, { code: "invalid_input", position: 17 }],
    [401, {}, { code: "authentication", retryable: false }],
    [402, {}, { code: "quota_exceeded", retryable: false }],
    [408, {}, { code: "provider_error", retryable: true }],
    [413, {}, { code: "request_too_large" }],
    [422, {}, { code: "invalid_input" }],
    [429, { code: "rate_limit_exceeded" }, { code: "rate_limited", retryable: true }],
    [429, { code: "insufficient_quota" }, { code: "quota_exceeded", retryable: false }],
    [429, { type: "insufficient_quota" }, { code: "quota_exceeded", providerCode: "insufficient_quota" }],
    [503, {}, { code: "provider_error", retryable: true }],
  ])("%i %o", (statusCode, error, expected) => {
    const thrown = callError({ statusCode, data: { error: { message: "SECRET", ...error } } });
    const failure = mapped(thrown);
    expect(ProviderError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({ status: statusCode, ...expected });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain("SECRET");
  });

  test("of a wrapped error too", () => {
    const thrown = new Error("SECRET", { cause: callError({ statusCode: 503 }) });
    expect(mapped(thrown)).toMatchObject({ status: 503, retryable: true });
  });

  test("P22 retry-after-ms is more exact than retry-after, where another call may help", () => {
    const responseHeaders = { "retry-after-ms": "9070", "retry-after": "9", "x-request-id": "r1" };
    expect(mapped(callError({ statusCode: 429, responseHeaders }))).toMatchObject({
      retryAfterMs: 9070,
      requestId: "r1",
    });
    expect(mapped(callError({ statusCode: 400, responseHeaders }))).toMatchObject({ retryAfterMs: undefined });
  });

  test("P45 of errors around each other, each gives what it knows: a gateway's has no headers of its own", () => {
    const responseHeaders = { "retry-after": "7", "x-request-id": "r2" };
    const cause = callError({ statusCode: 429, responseHeaders });
    const thrown = Object.assign(new Error("SECRET", { cause }), { statusCode: 429, type: "rate_limit_exceeded" });
    expect(mapped(thrown)).toMatchObject({
      code: "rate_limited",
      retryAfterMs: 7000,
      requestId: "r2",
      providerCode: "rate_limit_exceeded",
    });
  });

  // googleapis/python-genai#1875: @ai-sdk/google's schema leaves the details out.
  test("P45 the wait in a body", () => {
    const retryInfo = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "38.9s" };
    const error = { code: 429, status: "RESOURCE_EXHAUSTED", message: "SECRET", details: [retryInfo] };
    for (const body of [{ error }, [{ error }]]) {
      const data = { error: { code: 429, message: "SECRET", status: "RESOURCE_EXHAUSTED" } };
      const thrown = callError({ statusCode: 429, data, responseBody: JSON.stringify(body) });
      expect(mapped(thrown)).toMatchObject({ code: "rate_limited", retryAfterMs: 38_900 });
    }
  });

  test("P47 a moderation, a firewall's page and an unknown refusal blame the input; a wait of 0 is none", () => {
    for (const statusCode of [403, 404, 451]) {
      expect(mapped(callError({ statusCode }))).toMatchObject({ code: "invalid_input", retryable: false });
    }
    const responseHeaders = { "retry-after-ms": "0" };
    expect(mapped(callError({ statusCode: 429, responseHeaders })).retryAfterMs).toBeUndefined();
  });

  test("P50 what the model's schema leaves out of the body is read", () => {
    const responseBody = JSON.stringify({ error: { type: "insufficient_quota", message: "SECRET" } });
    const thrown = callError({ statusCode: 429, responseBody, data: { error: { message: "SECRET" } } });
    expect(mapped(thrown)).toMatchObject({ code: "quota_exceeded", retryable: false });
  });

  test("a failed connection is one of the network's", () => {
    const socket = Object.assign(new Error("socket"), { code: "ECONNRESET" });
    for (const cause of [socket, new TypeError("terminated", { cause: socket })]) {
      const error = mapped(callError({ cause, isRetryable: true }));
      expect(error).toMatchObject({ code: "network_error", retryable: true, cause: socket });
      expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
    }
    const badAddress = Object.assign(new Error("SECRET"), { code: "ERR_INVALID_URL", input: "SECRET" });
    for (const cause of [undefined, badAddress]) {
      const error = mapped(callError({ cause }));
      expect(error).toMatchObject({ code: "network_error" });
      expect(error.cause).toBeUndefined();
    }
  });
});

describe("errors without a response", () => {
  const schema = { value: "SECRET", cause: new Error("SECRET") };
  test.each<[Error, object]>([
    [new LoadAPIKeyError({ message: "SECRET" }), { code: "authentication", retryable: false }],
    [new LoadSettingError({ message: "SECRET" }), { code: "invalid_argument", retryable: false }],
    [new NoSuchModelError({ modelId: "SECRET", modelType: "languageModel" }), { code: "invalid_argument" }],
    [new NoContentGeneratedError({ message: "SECRET" }), { code: "invalid_result" }],
    [
      new TooManyEmbeddingValuesForCallError({
        provider: "p",
        modelId: "m",
        maxEmbeddingsPerCall: 1,
        values: ["SECRET"],
      }),
      { code: "request_too_large", retryable: false },
    ],
    [new UnsupportedFunctionalityError({ functionality: "SECRET" }), { code: "invalid_argument", retryable: false }],
    [new InvalidPromptError({ prompt: "SECRET", message: "SECRET" }), { code: "invalid_input" }],
    [new InvalidResponseDataError({ data: "SECRET" }), { code: "invalid_result" }],
    [new EmptyResponseBodyError({ message: "SECRET" }), { code: "provider_error", retryable: true }],
    [new JSONParseError({ text: "SECRET", cause: "SECRET" }), { code: "provider_error", retryable: true }],
    [new TypeValidationError(schema), { code: "provider_error", retryable: true }],
    [new DOMException("SECRET", "TimeoutError"), { code: "timeout", retryable: true }],
  ])("%s", (thrown, expected) => {
    const error = mapped(thrown);
    expect(error).toMatchObject(expected);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("SECRET");
  });

  test("P8 an error of the caller's own passes as it is, a thrown value as the cause", () => {
    const own = new RangeError("mine");
    expect(mapped(own)).toBe(own);
    const ours = new InputError("Empty.");
    expect(mapped(ours)).toBe(ours);
    expect(mapped("a text")).toMatchObject({ cause: "a text" });
    expect(mapped(undefined)).toBeInstanceOf(BatchwiseError);
  });
});

describe("what a refusal reports", () => {
  test("P28 a refused call used nothing; of one that broke off nothing is known", () => {
    const usageOf = (statusCode: number) => failureOf(callError({ statusCode }), "p").usage;
    for (const status of [400, 401, 404, 413, 422, 429]) {
      expect(usageOf(status)).toEqual({ inputTokens: 0, outputTokens: 0 });
    }
    for (const status of [200, 408, 409, 500, 503]) expect(usageOf(status)).toBeUndefined();
  });

  test("limits are read from its headers", () => {
    const responseHeaders = { "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0" };
    expect(failureOf(callError({ statusCode: 429, responseHeaders }), "openai.chat").facts?.limits).toEqual({
      requests: { limit: 60, remaining: 0 },
    });
  });
});
