import { BatchwiseError, InputError, ProviderError, TimeoutError } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { ContextOverflowError, ModelRefusalError } from "@langchain/core/errors";
import { RunnableLambda } from "@langchain/core/runnables";
import { ChatOpenAI } from "@langchain/openai";
import { inspect } from "node:util";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { chainFailure as mapped } from "./errors.ts";
import { fromLangChain } from "./index.ts";

const withFields = (fields: object): Error => Object.assign(new Error("SECRET"), fields);

describe("P26 P30 an error keeps its status, and its retryability follows from status and code", () => {
  test.each<[string, object, object]>([
    ["400", { status: 400 }, { code: "invalid_input", status: 400, retryable: false }],
    ["400 of axios", { response: { status: 400 } }, { code: "invalid_input", status: 400 }],
    ["401", { status: 401 }, { code: "authentication", retryable: false }],
    ["402", { statusCode: 402 }, { code: "quota_exceeded", retryable: false }],
    ["408", { status: 408 }, { code: "provider_error", retryable: true }],
    ["409", { status: 409 }, { code: "provider_error", retryable: true }],
    ["413", { status: 413 }, { code: "request_too_large", retryable: false }],
    [
      "400 by its code",
      { status: 400, code: "max_tokens_per_request" },
      { code: "request_too_large", providerCode: "max_tokens_per_request" },
    ],
    ["422", { status: 422 }, { code: "invalid_input" }],
    ["429", { status: 429, code: "rate_limit_exceeded" }, { code: "rate_limited", retryable: true }],
    ["429 for quota", { status: 429, code: "insufficient_quota" }, { code: "quota_exceeded", retryable: false }],
    ["429 for quota in its body", { status: 429, error: { code: "insufficient_quota" } }, { code: "quota_exceeded" }],
    ["500", { status: 500, requestID: "r1" }, { code: "provider_error", retryable: true, requestId: "r1" }],
    ["a wrapped 503", { cause: { cause: { status: 503 } } }, { code: "provider_error", status: 503, retryable: true }],
    ["a position", { status: 400, param: "input[17]" }, { code: "invalid_input", position: 17 }],
  ])("%s", (_, fields, expected) => {
    const { error } = mapped(withFields(fields));
    expect(ProviderError.isInstance(error)).toBe(true);
    expect(error).toMatchObject(expected);
    expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
  });

  test("P22 retry-after-ms is more exact than retry-after, from headers of either form", () => {
    const values = { "retry-after-ms": "9070", "retry-after": "9" };
    for (const headers of [values, new Headers(values)]) {
      expect(mapped(withFields({ status: 429, headers })).error).toMatchObject({ retryAfterMs: 9070 });
      expect(mapped(withFields({ response: { status: 503, headers } })).error).toMatchObject({ retryAfterMs: 9070 });
      expect(mapped(withFields({ status: 400, headers })).error).toMatchObject({ retryAfterMs: undefined });
    }
  });

  const retryInfo = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "38.9s" };
  const google = (details: object[]): object => ({ error: { code: 429, status: "RESOURCE_EXHAUSTED", details } });

  // googleapis/python-genai#1875, google-gemini/gemini-cli#14811: the wait is in the body, and that in the message.
  test.each<[string, object]>([
    ["a body", { status: 429, error: google([retryInfo]) }],
    ["an array of one", { status: 429, error: [google([retryInfo])] }],
    ["Google's first SDK", { status: 429, errorDetails: [retryInfo] }],
    ["a message", { status: 429, message: JSON.stringify(google([retryInfo])) }],
    [
      "a message in a message",
      { status: 429, message: JSON.stringify({ error: { code: 429, message: JSON.stringify(google([retryInfo])) } }) },
    ],
    ["a text", { statusCode: 429, body: JSON.stringify(google([retryInfo])) }],
  ])("P45 the wait in %s", (_, fields) => {
    expect(mapped(withFields(fields)).error).toMatchObject({ code: "rate_limited", retryAfterMs: 38_900 });
  });

  // posit-dev/positron#7844; ollama/ollama-js: ResponseError.
  test.each<[string, object, object]>([
    [
      "AWS",
      { name: "ThrottlingException", $metadata: { httpStatusCode: 429, requestId: "r3" } },
      { code: "rate_limited", requestId: "r3" },
    ],
    [
      "AWS, 400",
      { name: "ValidationException", $metadata: { httpStatusCode: 400 } },
      { code: "invalid_input", status: 400 },
    ],
    [
      "AWS, 503",
      { name: "ServiceUnavailableException", $metadata: { httpStatusCode: 503 } },
      { code: "provider_error", retryable: true },
    ],
    [
      "Ollama",
      { name: "ResponseError", status_code: 503, error: "SECRET" },
      { code: "provider_error", status: 503, retryable: true },
    ],
    ["a firewall", { status: 403 }, { code: "invalid_input", retryable: false }],
    ["a budget", { status: 400, error: { type: "budget_exceeded" } }, { code: "quota_exceeded", retryable: false }],
  ])("P47 P50 %s", (_, fields, expected) => {
    const { error } = mapped(withFields(fields));
    expect(error).toMatchObject(expected);
    expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
  });

  test.each(["ECONNRESET", "UND_ERR_SOCKET", "EAI_AGAIN", "ETIMEDOUT"])("%s is a failed connection", (code) => {
    const { error, usage } = mapped(withFields({ cause: Object.assign(new Error("socket"), { code }) }));
    expect(error).toMatchObject({ code: "network_error", retryable: true, cause: { code } });
    expect(error.message).not.toContain("SECRET");
    expect(usage).toBeUndefined();
  });

  test("a timeout and a text that is too long have their own classes", () => {
    expect(TimeoutError.isInstance(mapped(timeoutOfTheirs()).error)).toBe(true);
    const { error } = mapped(new ContextOverflowError("SECRET"));
    expect(InputError.isInstance(error)).toBe(true);
    expect(error.message).not.toContain("SECRET");
    const overflow = ContextOverflowError.fromError(withFields({ status: 400, code: "context_length_exceeded" }));
    expect(mapped(overflow).error).toMatchObject({ status: 400, providerCode: "context_length_exceeded" });
  });

  test("LangChain's own mark is heeded where nothing else decides", () => {
    const refused = new ModelRefusalError("No.");
    expect(mapped(refused).error).toMatchObject({ retryable: false, cause: refused });
  });

  test("P8 an error of the caller's own code passes as it is, a thrown value as the cause", () => {
    const own = new RangeError("mine");
    expect(mapped(own).error).toBe(own);
    const missing = Object.assign(new Error("no such file"), { code: "ENOENT" });
    expect(mapped(missing).error).toBe(missing);
    expect(mapped("a text").error).toMatchObject({ cause: "a text" });
    expect(mapped({ status: 503 }).error).toMatchObject({ status: 503, retryable: true });
    expect(mapped(undefined).error).toBeInstanceOf(BatchwiseError);
  });

  test("P28 a refused call used nothing; of one that broke off nothing is known", () => {
    const nothing = { inputTokens: 0, outputTokens: 0 };
    for (const status of [400, 401, 404, 413, 422, 429]) {
      expect(mapped(withFields({ status })).usage).toEqual(nothing);
    }
    for (const status of [408, 409, 500, 503]) expect(mapped(withFields({ status })).usage).toBeUndefined();
  });
});

describe("P35 errors of the real packages give away no input and no key", () => {
  test.each([401, 400])("status %i", async (status) => {
    await using emulator = await startEmulator({ apiKey: "sk-right", faults: { badInput: { marker: "PRIVATE" } } });
    const theirs = new ChatOpenAI({
      apiKey: status === 401 ? "sk-wrong-SECRET" : "sk-right",
      model: "gpt-5-mini",
      configuration: { baseURL: emulator.openaiBaseURL },
    });
    const error = await failureOf(fromLangChain(theirs).invoke("PRIVATE text"));
    expect(error).toMatchObject({ status });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/SECRET|PRIVATE/);
  });

  test("with retries their error in a chain is not multiplied, and keeps its status", async () => {
    let calls = 0;
    const theirs = new RunnableLambda({
      func: async (): Promise<string> => {
        calls++;
        throw withFields({ status: 503 });
      },
    });
    const chain = fromLangChain(theirs, { retry: { attempts: 3, minDelayMs: 0 } });
    const [slot] = await chain.batch(["x"], { returnExceptions: true });
    expect(slot).toMatchObject({ status: 503, retryable: true });
    expect(calls).toBe(3);
  });
});

function timeoutOfTheirs(): DOMException {
  return new DOMException("SECRET", "TimeoutError");
}
