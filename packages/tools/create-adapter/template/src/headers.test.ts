import type { CallReport } from "@batchwise/core";
import { expect, test } from "vitest";
import { send } from "./fixtures/send.ts";
import { rateLimitsOf } from "./headers.ts";

// TODO: the names of My Provider's headers, here and below.
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

test.for([200, 429])("limits and the request's id are reported with status %i", async (status) => {
  const reports: CallReport[] = [];
  const headers = { "x-ratelimit-limit-requests": "60", "x-request-id": "req-1" };
  const report = (each: CallReport): unknown => reports.push(each);
  await send(Response.json({}, { status, headers }), { report }).catch(() => undefined);
  expect(reports[0]).toEqual({ requestId: "req-1", limits: { requests: { limit: 60 } } });
});
