import { expect, test } from "vitest";
import { rateLimitsOf } from "./headers.ts";

test("limits are read from the headers", () => {
  const headers = new Headers({
    "x-ratelimit-limit-requests": "3000",
    "x-ratelimit-remaining-requests": "2999",
    "x-ratelimit-reset-requests": "0.02",
    "x-ratelimit-limit-tokens": "1000000",
  });
  expect(rateLimitsOf(headers)).toEqual({
    requests: { limit: 3000, remaining: 2999, resetMs: 20 },
    tokens: { limit: 1_000_000 },
  });
});

test("headers that say nothing, or nothing that makes sense, are no limits", () => {
  expect(rateLimitsOf(new Headers())).toBeUndefined();
  expect(rateLimitsOf(new Headers({ "x-ratelimit-limit-requests": "-1" }))).toBeUndefined();
});
