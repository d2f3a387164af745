import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { answerWith } from "./fixtures/serve.ts";
import { connect } from "./options.ts";
import { post } from "./post.ts";

function send(response: Response | Error, options: Parameters<typeof post>[3] = {}): Promise<object> {
  return post(connect({ apiKey: "k", fetch: answerWith(response).fetch }), "/path", {}, options);
}

test("limits and the request's id are reported, of refusals too", async () => {
  for (const status of [200, 429]) {
    const reports: object[] = [];
    const headers = { "x-ratelimit-limit-requests": "60", "x-request-id": "req-1" };
    const report = (each: object): unknown => reports.push(each);
    await send(Response.json({}, { status, headers }), { report }).catch(() => undefined);
    expect(reports[0]).toEqual({ requestId: "req-1", limits: { requests: { limit: 60 } } });
    // P28: what was reserved for a refused call is given back.
    expect(reports[1]).toEqual(status === 200 ? undefined : { usage: { inputTokens: 0, outputTokens: 0 } });
  }
});

test("a connection that fails may be tried again", async () => {
  expect(await failureOf(send(new TypeError("fetch failed")))).toMatchObject({
    code: "network_error",
    retryable: true,
  });
});

test("an answer that is no JSON may be tried again", async () => {
  expect(await failureOf(send(new Response("<html>")))).toMatchObject({ code: "provider_error", retryable: true });
});

test("P12 an aborted call rejects with the signal's reason, and sends nothing more", async () => {
  const reason = new Error("changed my mind");
  const { fetch, sent } = answerWith();
  const connection = connect({ apiKey: "k", fetch });
  expect(await failureOf(post(connection, "/path", {}, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(sent).toHaveLength(0);
});
