import { expect, test } from "vitest";
import { errorOf, isFree } from "./errors.ts";

test.each([
  [400, "invalid_input", false],
  [401, "authentication", false],
  [402, "quota_exceeded", false],
  [403, "authentication", false],
  [404, "invalid_argument", false],
  [408, "provider_error", true],
  [413, "request_too_large", false],
  [422, "invalid_input", false],
  [429, "rate_limited", true],
  [500, "provider_error", true],
  [503, "provider_error", true],
])("P30 status %i is %s; worth another try: %s", (status, code, retryable) => {
  const error = errorOf(status, new Headers(), undefined);
  expect(error).toMatchObject({ status, code, retryable });
});

test("P24 a quota that is used up is not a rate limit that passes", () => {
  const body = { error: { code: "insufficient_quota" } };
  const expected = { code: "quota_exceeded", providerCode: "insufficient_quota", retryable: false };
  expect(errorOf(429, new Headers(), body)).toMatchObject(expected);
});

test("P22 the wait that is asked for is passed on, and so is the request's id", () => {
  const headers = new Headers({ "retry-after": "2", "x-request-id": "req-1" });
  expect(errorOf(429, headers, undefined)).toMatchObject({ retryAfterMs: 2000, requestId: "req-1" });
  expect(errorOf(400, headers, undefined).retryAfterMs).toBeUndefined();
});

test("P28 what is refused costs nothing; what broke down may have been counted", () => {
  expect([400, 401, 413, 429].every(isFree)).toBe(true);
  expect([200, 408, 500, 503].some(isFree)).toBe(false);
});
