import { type CallReport, ProviderError, TimeoutError } from "@batchwise/core";
import { expect, test } from "vitest";
import { connect, type ConnectionOptions } from "./client.ts";
import { ownsInput } from "./errors.ts";
import { refusedWith, wire } from "./fixtures/wire.ts";
import type { PaceOptions } from "./options.ts";
import { post, postForEvents } from "./send.ts";

const call = { path: "/embeddings", body: { input: ["a"] }, blame: { owns: ownsInput } };
const LIMITS = {
  "x-request-id": "req_7",
  "x-ratelimit-limit-requests": "60",
  "x-ratelimit-remaining-requests": "59",
};
const REPORTED = { requestId: "req_7", limits: { requests: { limit: 60, remaining: 59 } } };

test("sends one POST and reports limits and the request's id", async () => {
  const { answer, reports, requests } = await posted(() => Response.json({ data: 1 }, { headers: LIMITS }));
  expect(answer).toEqual({ data: 1 });
  expect(reports).toEqual([REPORTED]);
  expect(requests.map(({ url, method, body }) => [url, method, body])).toEqual([
    ["https://server.test/v1/embeddings", "POST", { input: ["a"] }],
  ]);
});

test.for([408, 409, 429, 500, 503])("P25 status %i makes one call: the SDK tries nothing again", async (status) => {
  const { answer, requests } = await posted(() => refusedWith(status, {}, { "retry-after-ms": "1" }));
  expect(answer).toBeInstanceOf(ProviderError);
  expect(requests).toHaveLength(1);
});

test("P25 a connection that fails makes one call", async () => {
  const { answer, requests } = await posted(() => {
    throw Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(), { code: "ECONNRESET" }) });
  });
  expect(requests).toHaveLength(1);
  expect(answer).toMatchObject({ code: "network_error", retryable: true, status: undefined });
  expect((answer as Error).message).toMatch(
    /^Expected an answer from the provider, got a connection that failed \(ECONNRESET\)\. Try again later/,
  );
});

test("P28 a refusal reports its limits, and that it used nothing", async () => {
  const { answer, reports } = await posted(() => refusedWith(429, { code: "rate_limit_exceeded" }, LIMITS));
  expect(answer).toMatchObject({ code: "rate_limited", status: 429, requestId: "req_7" });
  expect(reports).toEqual([{ ...REPORTED, usage: { inputTokens: 0, outputTokens: 0 } }]);
});

test.for<[string, () => Response]>([
  ["a server's error", () => refusedWith(500, {}, LIMITS)],
  ["a body that breaks off", () => new Response(brokenOff(), { headers: LIMITS })],
  ["a page of HTML", () => new Response("<html>", { headers: LIMITS })],
])("P28 %s reports its limits, and no usage: it may have been counted", async ([, respond]) => {
  const { reports } = await posted(respond);
  expect(reports).toEqual([REPORTED]);
});

test("P28 a connection that fails reports nothing", async () => {
  const { reports } = await posted(() => {
    throw new TypeError("fetch failed");
  });
  expect(reports).toEqual([]);
});

test("a body that breaks off is worth another try", async () => {
  const { answer } = await posted(() => new Response(brokenOff(), { headers: LIMITS }));
  expect(answer).toMatchObject({ code: "network_error", retryable: true, status: 200, requestId: "req_7" });
});

test.for(["<html>502</html>", '{"data": [{"index": 0, "emb', ""])(
  "L13 a body that is no JSON (%s) is worth another try, and is not quoted",
  async (body) => {
    const { answer } = await posted(() => new Response(body, { headers: { "content-type": "application/json" } }));
    expect(answer).toMatchObject({ code: "provider_error", retryable: true, status: 200 });
    expect((answer as Error).message).toBe(
      "Expected JSON from the provider, got something else (200): cut off, or from a proxy. " +
        "Try again later; if it goes on, check the API's address.",
    );
  },
);

test("an HTML page with a bad status keeps the status", async () => {
  const { answer } = await posted(() => new Response("<html>bad gateway</html>", { status: 502 }));
  expect(answer).toMatchObject({ code: "provider_error", retryable: true, status: 502 });
  expect((answer as Error).message).not.toContain("gateway");
});

test.for(["null", "[]", "7", '"data"', '{"dat": 1}', '{"status": "starting"}'])(
  "P42 L13 JSON in no known format (%s) may pass, as a page does",
  async (body) => {
    const { answer } = await posted(() => new Response(body));
    expect(answer).toMatchObject({ code: "provider_error", retryable: true, status: 200 });
  },
);

test("P51 events where none can be read are refused, and would be again", async () => {
  const { answer } = await posted(() => new Response('data: {"data": []}\n\ndata: [DONE]\n\n'));
  expect(answer).toMatchObject({ code: "invalid_argument", retryable: false, status: 200 });
});

test.for<[object, object]>([
  [{ code: 429 }, { code: "rate_limited", status: 429, retryable: true }],
  [{ code: "insufficient_quota" }, { code: "quota_exceeded", status: undefined, retryable: false }],
  [{ message: "no endpoint" }, { code: "provider_error", status: undefined, retryable: true }],
])("an error with a good status (%j) is an error", async ([error, expected]) => {
  const { answer } = await posted(() => Response.json({ error }));
  expect(answer).toBeInstanceOf(ProviderError);
  expect(answer).toMatchObject(expected);
});

test("P12 an abort rejects with its reason: before, during and after the response's headers", async () => {
  const reason = new Error("no longer wanted");
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const aborted = await posted(() => Response.json({}), {}, { signal: AbortSignal.abort(reason) });
  expect(aborted.answer).toBe(reason);
  expect(aborted.requests).toHaveLength(0);

  const during = await posted(
    (request) =>
      new Promise((_resolve, reject) => {
        request.signal!.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        controller.abort(reason);
      }),
    {},
    options,
  );
  expect(during.answer).toBe(reason);

  const late = new AbortController();
  const body = new ReadableStream({
    pull(stream) {
      late.abort(reason);
      stream.error(new DOMException("aborted", "AbortError"));
    },
  });
  const after = await posted(() => new Response(body), {}, { signal: late.signal });
  expect(after.answer).toBe(reason);
});

test("a call that takes longer than timeoutMs is a TimeoutError, and reports nothing", async () => {
  const { answer, reports } = await posted(
    (request) =>
      new Promise((_resolve, reject) => {
        request.signal!.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      }),
    { timeoutMs: 5 },
  );
  expect(answer).toBeInstanceOf(TimeoutError);
  expect(answer).toMatchObject({ retryable: true });
  expect((answer as Error).message).toContain("within timeoutMs (5 ms), got none");
  expect(reports).toEqual([]);
});

test("a body that can't be written as JSON is a mistake, reported without the body", async () => {
  const connection = connect({ apiKey: "test-key", fetch: wire(() => Response.json({})).fetch });
  const circular = { path: "/embeddings", body: { input: 10n }, blame: { owns: ownsInput } };
  const error = await post(connection, circular, "data" as never, {}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "invalid_argument", retryable: false });
  expect((error as Error).message).toContain("got a failure while it was (TypeError).");
});

test.for<[() => Promise<string>, object]>([
  [() => Promise.reject(new Error("vault closed")), { code: "network_error", retryable: true }],
  [() => Promise.resolve("two words"), { code: "authentication", retryable: false }],
  [() => Promise.resolve(undefined as unknown as string), { code: "authentication", retryable: false }],
])("a function for the key that gives none is named", async ([apiKey, expected]) => {
  const { answer, requests } = await posted(() => Response.json({}), { apiKey });
  expect(answer).toMatchObject(expected);
  expect((answer as Error).message).toContain("the function `apiKey`");
  expect((answer as Error).message).not.toContain("words");
  expect(requests).toHaveLength(0);
});

test("P26 an error of another copy of the SDK is read as well", async () => {
  const foreign = Object.assign(new Error("quotes the input"), {
    status: 429,
    headers: new Headers({ "retry-after": "3" }),
    code: "rate_limit_exceeded",
    type: "requests",
    param: null,
    requestID: null,
  });
  const client = {
    post: () => ({ asResponse: () => Promise.reject(foreign) }),
  };
  const error = await post(connect({ client }), call, "data" as never, {}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "rate_limited", status: 429, retryAfterMs: 3000 });
  expect(error).not.toHaveProperty("cause");
});

test("a stream's errors are judged like those of an answer", async () => {
  const { fetch } = wire(() => refusedWith(401, { code: "invalid_api_key" }, LIMITS));
  const reports: CallReport[] = [];
  const stream = postForEvents(connect({ apiKey: "test-key", fetch }), call, { report: (each) => reports.push(each) });
  await expect(stream.next()).rejects.toMatchObject({ code: "authentication", status: 401 });
  expect(reports).toEqual([{ ...REPORTED, usage: { inputTokens: 0, outputTokens: 0 } }]);
});

interface Posted {
  /** What it resolved to, or what it threw. */
  readonly answer: unknown;
  readonly reports: readonly CallReport[];
  readonly requests: ReturnType<typeof wire>["requests"];
}

async function posted(
  respond: Parameters<typeof wire>[0],
  options: ConnectionOptions & Pick<PaceOptions, "timeoutMs"> = {},
  callOptions: { signal?: AbortSignal } = {},
): Promise<Posted> {
  const { fetch, requests } = wire(respond);
  const reports: CallReport[] = [];
  const connection = connect({ apiKey: "test-key", baseURL: "https://server.test/v1", fetch, ...options });
  const answer = await post<{ data: unknown }>(connection, call, "data", {
    ...callOptions,
    report: (report) => reports.push(report),
  }).catch((error: unknown) => error);
  return { answer, reports, requests };
}

function brokenOff(): ReadableStream<Uint8Array> {
  let started = false;
  return new ReadableStream({
    pull(stream) {
      if (started) stream.error(new TypeError("terminated"));
      else stream.enqueue(new TextEncoder().encode('{"data": ['));
      started = true;
    },
  });
}
