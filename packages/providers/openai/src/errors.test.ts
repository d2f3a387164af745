import { isFree, providerError, type Refusal } from "@batchwise/adapter-kit";
import { ProviderError } from "@batchwise/core";
import { expect, test } from "vitest";
import { DIALECT, ownsInput } from "./errors.ts";

type Facts = Partial<Record<"code" | "type" | "param", string>>;
type Headers_ = Record<string, string>;

function judged(status: number | undefined, facts: Facts = {}, headers: Headers_ = {}): ProviderError {
  const refusal: Refusal = {
    status,
    code: facts.code,
    type: facts.type,
    param: facts.param,
    headers: new Headers(headers),
  };
  return providerError(refusal, DIALECT, { owns: ownsInput });
}

test.for<[number | undefined, Facts, string, boolean]>([
  // The key and the account
  [401, { code: "invalid_api_key" }, "authentication", false],
  [401, {}, "authentication", false],
  [403, { code: "invalid_api_key" }, "authentication", false],
  [402, {}, "quota_exceeded", false],
  [429, { code: "insufficient_quota" }, "quota_exceeded", false],
  [429, { type: "insufficient_quota" }, "quota_exceeded", false],
  [429, { code: "credit_balance_exhausted" }, "quota_exceeded", false],
  [429, { code: "organization_spend_limit_exceeded" }, "quota_exceeded", false],
  [429, { code: "project_spend_limit_exceeded" }, "quota_exceeded", false],
  [429, { code: "organization_usage_limit_exceeded" }, "quota_exceeded", false],
  // What may pass
  [429, { code: "rate_limit_exceeded", type: "tokens" }, "rate_limited", true],
  [429, { code: "slow_down" }, "rate_limited", true],
  [429, { code: "429" }, "rate_limited", true],
  [429, {}, "rate_limited", true],
  [408, {}, "provider_error", true],
  [409, {}, "provider_error", true],
  [500, { type: "server_error" }, "provider_error", true],
  [502, {}, "provider_error", true],
  [503, { code: "server_is_overloaded" }, "provider_error", true],
  [529, {}, "provider_error", true],
  [undefined, { code: "server_error" }, "provider_error", true],
  [undefined, {}, "provider_error", true],
  [undefined, { code: "rate_limit_exceeded" }, "rate_limited", true],
  // The request's size
  [413, {}, "request_too_large", false],
  [400, { code: "max_tokens_per_request", type: "max_tokens_per_request" }, "request_too_large", false],
  [400, { type: "max_tokens_per_request" }, "request_too_large", false],
  // An input
  [400, { param: "input[17]", code: "invalid_value" }, "invalid_input", false],
  [400, { param: "input" }, "invalid_input", false],
  [400, { type: "invalid_request_error" }, "invalid_input", false],
  [422, {}, "invalid_input", false],
  [400, { code: "context_length_exceeded", param: "messages" }, "invalid_input", false],
  [400, { code: "content_filter" }, "invalid_input", false],
  [400, { code: "invalid_image_url", param: "url" }, "invalid_input", false],
  [undefined, { code: "invalid_prompt" }, "invalid_input", false],
  [undefined, { code: "bio_policy" }, "invalid_input", false],
  [403, {}, "invalid_input", false],
  [404, {}, "invalid_input", false],
  [405, {}, "invalid_input", false],
  // vllm-project/vllm#33418: what was never sent is nothing that requests have in common
  [400, { param: "input_tokens" }, "invalid_input", false],
  // What all requests have in common
  [404, { code: "model_not_found" }, "invalid_argument", false],
  [403, { code: "model_not_found" }, "invalid_argument", false],
  [400, { code: "model_not_found", param: "model" }, "invalid_argument", false],
  [400, { code: "invalid_value", param: "dimensions" }, "invalid_argument", false],
  [400, { code: "unsupported_parameter", param: "encoding_format" }, "invalid_argument", false],
  [403, { code: "unsupported_country_region_territory" }, "invalid_argument", false],
])("P30 P47 status %s and %j are %s, worth another try: %s", ([status, facts, code, retryable]) => {
  const error = judged(status, facts);
  expect(error).toBeInstanceOf(ProviderError);
  expect({ code: error.code, retryable: error.retryable, status: error.status }).toEqual({ code, retryable, status });
});

test.for(["please try again later", "rate limit reached", "insufficient_quota exceeded, retry"])(
  "P30 words in the message decide nothing (%s)",
  (message) => {
    const refusal = { status: 400, code: undefined, type: undefined, param: undefined, headers: undefined, message };
    expect(providerError(refusal, DIALECT, { owns: ownsInput }).code).toBe("invalid_input");
  },
);

test("x-should-retry: true is heeded where status and code say nothing, false never", () => {
  const yes = { "x-should-retry": "true" };
  expect(judged(400, {}, yes)).toMatchObject({ code: "provider_error", retryable: true });
  expect(judged(401, {}, yes)).toMatchObject({ code: "authentication", retryable: false });
  expect(judged(429, { code: "insufficient_quota" }, yes)).toMatchObject({ code: "quota_exceeded", retryable: false });
  expect(judged(500, {}, { "x-should-retry": "false" }).retryable).toBe(true);
  expect(judged(429, {}, { "x-should-retry": "false" }).retryable).toBe(true);
});

test.for<[string, number | undefined]>([
  ["input[17]", 17],
  ["input.17", 17],
  ["$.input[3]", 3],
  ["input[2].text", 2],
  ["input", undefined],
  ["input[x]", undefined],
  ["inputs[1]", undefined],
  ["my_input[1]", undefined],
])("P36 the position in %s is %s", ([param, position]) => {
  expect(judged(400, { param }).position).toBe(position);
});

test("P36 a position among what was sent is turned into one among the inputs", () => {
  const refusal = { status: 400, code: undefined, type: undefined, param: "input[1]", headers: undefined };
  expect(providerError(refusal, DIALECT, { owns: ownsInput, positions: [0, 5, 6] }).position).toBe(5);
  expect(
    providerError({ ...refusal, param: "input[9]" }, DIALECT, { owns: ownsInput, positions: [0] }).position,
  ).toBeUndefined();
});

test("P37 a request that a whole minute's tokens do not suffice for is split, not tried again", () => {
  const tokens = { code: "rate_limit_exceeded", type: "tokens" };
  const told = (remaining: number): Headers_ => ({
    "x-ratelimit-limit-tokens": "10000",
    "x-ratelimit-remaining-tokens": String(remaining),
  });
  expect(judged(429, tokens, told(10_000))).toMatchObject({ code: "request_too_large", retryable: false });
  expect(judged(429, tokens, told(9_000))).toMatchObject({ code: "rate_limited", retryable: true });
  expect(judged(429, { ...tokens, type: "requests" }, told(10_000)).code).toBe("rate_limited");
});

test("P22 P44 P45 the longest wait that is asked for comes along, but only where there is a next try", () => {
  expect(judged(429, {}, { "retry-after": "1", "retry-after-ms": "1500" }).retryAfterMs).toBe(1500);
  // Azure: https://github.com/github/copilot-cli/issues/3679
  expect(judged(429, {}, { "retry-after": "1", "retry-after-ms": "0" }).retryAfterMs).toBe(1000);
  expect(judged(429, {}, { "retry-after": "7200" }).retryAfterMs).toBe(7_200_000);
  expect(judged(503, {}, { "retry-after": "2" }).retryAfterMs).toBe(2000);
  expect(judged(429).retryAfterMs).toBeUndefined();
  expect(judged(429, { code: "insufficient_quota" }, { "retry-after": "2" }).retryAfterMs).toBeUndefined();
});

test("P26 status, the provider's code and the request's id are kept", () => {
  expect(judged(500, { code: "server_error" }, { "x-request-id": "req_1" })).toMatchObject({
    status: 500,
    providerCode: "server_error",
    requestId: "req_1",
  });
  expect(judged(429, { type: "tokens" }, { "apim-request-id": "0f-1" })).toMatchObject({
    providerCode: "tokens",
    requestId: "0f-1",
  });
});

test("P35 codes that are no codes are not passed on", () => {
  const error = judged(
    400,
    { code: "your text was: a secret", param: "input with a secret" },
    { "x-request-id": "a b" },
  );
  expect(error).toMatchObject({ providerCode: undefined, requestId: undefined });
  expect(error.message).not.toContain("secret");
});

test("P28 refused calls cost nothing; what failed on the way may have been counted", () => {
  expect([400, 401, 402, 403, 404, 413, 422, 429].map(isFree)).toEqual(Array.from({ length: 8 }, () => true));
  expect([undefined, 200, 408, 409, 500, 503].map(isFree)).toEqual(Array.from({ length: 6 }, () => false));
});

test("a message says what was got and what to do", () => {
  expect(judged(429, { code: "insufficient_quota" }).message).toBe(
    "Expected an answer from the provider, got status 429 (insufficient_quota). " +
      "The account has used up what it may spend: add credit, or raise its limit.",
  );
  expect(judged(400, { param: "input[3]" }).message).toBe(
    "Expected an answer from the provider, got status 400. " +
      "Input 3 of the request can't succeed as it is: change it, or leave it out.",
  );
  expect(judged(400, { param: "dimensions", code: "integer_above_max_value" }).message).toBe(
    "Expected an answer from the provider, got status 400 (integer_above_max_value). " +
      "`dimensions` is refused whatever the inputs are: check the model, the options and the API's address.",
  );
});
