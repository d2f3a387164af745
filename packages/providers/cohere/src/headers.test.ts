import { expect, test } from "vitest";
import { requestIdOf } from "@batchwise/adapter-kit";
import { DIALECT } from "./errors.ts";
import { rateLimitsOf } from "./headers.ts";

const requestIdIn = (headers: Headers): string | undefined => requestIdOf(headers, DIALECT);

test("a trial key's calls a minute, and what is left of them", () => {
  const headers = { "x-trial-endpoint-call-limit": "40", "x-trial-endpoint-call-remaining": "39" };
  expect(rateLimitsOf(new Headers(headers))).toEqual({ requests: { limit: 40, remaining: 39 } });
});

test.each([
  ["nothing", {}],
  ["a limit of nothing", { "x-trial-endpoint-call-limit": "0" }],
  ["a limit that is no number", { "x-trial-endpoint-call-limit": "forty" }],
  ["what is left of an unknown limit", { "x-trial-endpoint-call-remaining": "39" }],
  ["the limit of a month, which is no limit of a minute", { "x-endpoint-monthly-call-limit": "1000" }],
])("%s tells no limit", (_, headers) => {
  expect(rateLimitsOf(new Headers(headers as Record<string, string>))).toBeUndefined();
});

test("what is left may be missing or odd", () => {
  const limit = { "x-trial-endpoint-call-limit": "40" };
  expect(rateLimitsOf(new Headers(limit))).toEqual({ requests: { limit: 40 } });
  expect(rateLimitsOf(new Headers({ ...limit, "x-trial-endpoint-call-remaining": "-1" }))).toEqual({
    requests: { limit: 40 },
  });
});

test("the id of a request is an id, or none", () => {
  expect(requestIdIn(new Headers({ "x-debug-trace-id": "0af7651916cd43dd" }))).toBe("0af7651916cd43dd");
  expect(requestIdIn(new Headers({ "x-debug-trace-id": "a sentence that says something" }))).toBeUndefined();
  expect(requestIdIn(new Headers())).toBeUndefined();
});
