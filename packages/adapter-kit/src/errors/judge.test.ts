import { expect, test } from "vitest";
import { xRateLimits } from "../headers.ts";
import type { Dialect, Verdict } from "./dialect.ts";
import { ANY_INPUT, type Blame, isFree, isPassing, judge } from "./judge.ts";
import type { Refusal } from "./refusal.ts";

const TERN: Dialect = { provider: "Tern" };
const judged = (refusal: Refusal, dialect = TERN, blame: Blame = ANY_INPUT): Verdict => judge(refusal, dialect, blame);

test.for<[number | undefined, Verdict]>([
  [undefined, "provider_error"],
  [200, "provider_error"],
  [400, "invalid_input"],
  [401, "authentication"],
  [402, "quota_exceeded"],
  [403, "authentication"],
  [404, "invalid_argument"],
  [405, "invalid_argument"],
  [408, "provider_error"],
  [409, "provider_error"],
  [413, "request_too_large"],
  [422, "invalid_input"],
  [425, "provider_error"],
  [429, "rate_limited"],
  [500, "provider_error"],
  [503, "provider_error"],
  [529, "provider_error"],
])("P30 status %s is %s", ([status, verdict]) => {
  expect(judged({ status })).toBe(verdict);
});

test.for<[string, Verdict]>([
  ["insufficient_quota", "quota_exceeded"],
  ["project_spend_limit_exceeded", "quota_exceeded"],
  ["model_not_found", "invalid_argument"],
  ["max_tokens_per_request", "request_too_large"],
  ["slow_down", "rate_limited"],
  ["server_is_overloaded", "provider_error"],
  ["context_length_exceeded", "invalid_input"],
])("P24 a code says more than a status: %s is %s", ([code, verdict]) => {
  for (const status of [undefined, 400, 403, 429, 500]) {
    expect(judged({ status, code })).toBe(verdict);
    expect(judged({ status, type: code })).toBe(verdict);
  }
});

test("a provider's own rows come first", () => {
  const dialect: Dialect = {
    ...TERN,
    statuses: { 498: "invalid_input", 501: "invalid_argument" },
    codes: [
      [/^text_too_long$/, "invalid_input"],
      [/^slow_down$/, "quota_exceeded"],
    ],
  };
  expect(judged({ status: 498 }, dialect)).toBe("invalid_input");
  expect(judged({ status: 501 }, dialect)).toBe("invalid_argument");
  expect(judged({ status: 500, code: "text_too_long" }, dialect)).toBe("invalid_input");
  expect(judged({ status: 429, code: "slow_down" }, dialect)).toBe("quota_exceeded");
  expect(judged({ status: 429 }, dialect)).toBe("rate_limited");
});

test("whose fault it is follows from the parameter: an input's, or what all requests have in common", () => {
  const blame: Blame = { owns: (param) => param.startsWith("texts") };
  const at = (param?: string): Verdict => judged({ status: 400, param }, TERN, blame);
  expect([at("texts[3]"), at("dimensions"), at()]).toEqual(["invalid_input", "invalid_argument", "invalid_input"]);
  expect(judged({ status: 400, code: "invalid_image_url", param: "url" }, TERN, blame)).toBe("invalid_input");
});

test("a request without inputs has none to blame", () => {
  for (const refusal of [{ status: 400 }, { status: 422, param: "texts" }, { status: 400, code: "invalid_prompt" }]) {
    expect(judged(refusal, TERN, {})).toBe("invalid_argument");
  }
});

test("x-should-retry: true is heeded where status and code say nothing", () => {
  const headers = new Headers({ "x-should-retry": "true" });
  expect(judged({ status: 400, headers })).toBe("provider_error");
  expect(judged({ status: 401, headers })).toBe("authentication");
  expect(judged({ status: 500, headers: new Headers({ "x-should-retry": "false" }) })).toBe("provider_error");
});

test("P37 a request that a whole minute's tokens do not suffice for is too large", () => {
  const dialect: Dialect = { ...TERN, limits: xRateLimits };
  const headers = (remaining: string): Headers =>
    new Headers({ "x-ratelimit-limit-tokens": "100", "x-ratelimit-remaining-tokens": remaining });
  expect(judged({ status: 429, type: "tokens", headers: headers("100") }, dialect)).toBe("request_too_large");
  expect(judged({ status: 429, type: "tokens", headers: headers("99") }, dialect)).toBe("rate_limited");
  expect(judged({ status: 429, type: "requests", headers: headers("100") }, dialect)).toBe("rate_limited");
  expect(judged({ status: 429, type: "tokens", headers: headers("100") })).toBe("rate_limited");
});

test("what passes may be tried again", () => {
  const passing: Verdict[] = ["rate_limited", "provider_error"];
  const lasting: Verdict[] = ["authentication", "quota_exceeded", "request_too_large", "invalid_input"];
  expect(passing.every(isPassing)).toBe(true);
  expect(lasting.some(isPassing)).toBe(false);
});

test("P28 refused calls cost nothing; what failed on the way may have been counted", () => {
  expect([400, 401, 402, 403, 404, 413, 422, 429].every(isFree)).toBe(true);
  expect([undefined, 200, 408, 409, 499, 500, 503].some(isFree)).toBe(false);
});
