import type { CallReport } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { send } from "./fixtures/send.ts";

test.each([
  [400, "invalid_input", false],
  [401, "authentication", false],
  [402, "quota_exceeded", false],
  [408, "provider_error", true],
  [413, "request_too_large", false],
  [422, "invalid_input", false],
  [429, "rate_limited", true],
  [500, "provider_error", true],
  [503, "provider_error", true],
])("P30 status %i is %s; worth another try: %s", async (status, code, retryable) => {
  const error = await failureOf(send(new Response(null, { status })));
  expect(error).toMatchObject({ status, code, retryable });
});

test("P24 a quota that is used up is not a rate limit that passes", async () => {
  const body = { error: { code: "insufficient_quota" } };
  const error = await failureOf(send(Response.json(body, { status: 429 })));
  const expected = { code: "quota_exceeded", providerCode: "insufficient_quota", retryable: false };
  expect(error).toMatchObject(expected);
});

test("P22 the wait that is asked for is passed on, and so is the request's id", async () => {
  const headers = { "retry-after": "2", "x-request-id": "req-1" };
  const busy = await failureOf(send(new Response(null, { status: 429, headers })));
  expect(busy).toMatchObject({ retryAfterMs: 2000, requestId: "req-1" });
  const refused = await failureOf(send(new Response(null, { status: 400, headers })));
  expect(refused.retryAfterMs).toBeUndefined();
});

test("P28 what is refused costs nothing; what broke down may have been counted", async () => {
  for (const status of [400, 401, 413, 429, 408, 500, 503]) {
    const usages: unknown[] = [];
    const report = ({ usage }: CallReport): unknown => usages.push(...(usage === undefined ? [] : [usage]));
    await failureOf(send(new Response(null, { status }), { report }));
    expect(usages).toEqual([400, 401, 413, 429].includes(status) ? [{ inputTokens: 0, outputTokens: 0 }] : []);
  }
});

test("a connection that fails may be tried again", async () => {
  const error = await failureOf(send(new TypeError("fetch failed")));
  expect(error).toMatchObject({ code: "network_error", retryable: true });
});

test.each(["<html>", '{"choices":[{"mess', ""])(
  "P42 an answer that is no JSON (%j) may be tried again",
  async (body) => {
    const error = await failureOf(send(new Response(body)));
    expect(error).toMatchObject({ code: "provider_error", retryable: true });
  },
);

test("P12 an aborted call rejects with the signal's reason", async () => {
  const reason = new Error("changed my mind");
  expect(await failureOf(send(Response.json({}), { signal: AbortSignal.abort(reason) }))).toBe(reason);
});
