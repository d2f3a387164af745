import { ArgumentError, type CallReport } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { xRateLimits } from "./headers.ts";
import { connectHttp, HTTP, type HttpOptions, postJson } from "./http.ts";
import { defineOptions } from "./options/define-options.ts";

const TERN = { provider: "Tern", key: "TERN_API_KEY", limits: xRateLimits };
const USUAL = "https://api.tern.example/v2/";

afterEach(() => vi.unstubAllEnvs());

function answering(response: Response | Error): { fetch: typeof fetch; sent: [unknown, RequestInit | undefined][] } {
  const sent: [unknown, RequestInit | undefined][] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    sent.push([url, init]);
    if (response instanceof Error) throw response;
    return response;
  };
  return { fetch, sent };
}

function post(response: Response | Error, options: Parameters<typeof postJson>[3] = {}): Promise<object> {
  const connection = connectHttp({ apiKey: "k", fetch: answering(response).fetch }, TERN, USUAL);
  return postJson(connection, "/path", {}, options);
}

test("one POST with the key, to the given address or the usual one", async () => {
  for (const [options, address] of [
    [{}, "https://api.tern.example/v2/path"],
    [{ baseURL: "http://localhost:1/" }, "http://localhost:1/path"],
  ] as const) {
    const { fetch, sent } = answering(Response.json({ a: 1 }));
    const connection = connectHttp({ apiKey: "secret", fetch, ...options }, TERN, USUAL);
    expect(await postJson(connection, "/path", { b: 2 }, {})).toEqual({ a: 1 });
    const headers = { authorization: "Bearer secret", "content-type": "application/json" };
    expect(sent).toEqual([[address, { method: "POST", headers, body: '{"b":2}', signal: null }]]);
    expect(connection.owner).not.toBe(connectHttp({ apiKey: "another", ...options }, TERN, USUAL).owner);
  }
});

test("a dialect has headers of its own for the key", async () => {
  const { fetch, sent } = answering(Response.json({}));
  const dialect = { ...TERN, headers: (key: string) => ({ "x-api-key": key, "tern-version": "2" }) };
  await postJson(connectHttp({ apiKey: "secret", fetch }, dialect, USUAL), "/path", {}, {});
  const headers = { "x-api-key": "secret", "tern-version": "2", "content-type": "application/json" };
  expect(sent[0]?.[1]?.headers).toEqual(headers);
});

test("the key is the environment's where none is given; P35 one that no header holds is not shown", () => {
  vi.stubEnv("TERN_API_KEY", " from-environment ");
  expect(connectHttp({}, TERN, USUAL).apiKey).toBe("from-environment");
  vi.stubEnv("TERN_API_KEY", "");
  expect(() => connectHttp({}, TERN, USUAL)).toThrow("Set TERN_API_KEY or pass `apiKey`.");
  const options = defineOptions("Tern", HTTP);
  for (const wrong of [{ apiKey: "SECRET\n" }, { baseURL: "nowhere" }, { baseURL: "file:///x" }, { fetch: {} }]) {
    expect(() => options.check(wrong)).toThrow(ArgumentError);
    expect(() => options.check(wrong)).not.toThrow(/SECRET/);
  }
  const all: Required<HttpOptions> = { apiKey: "k", baseURL: "https://a.b", fetch };
  expect(() => options.check(all)).not.toThrow();
});

test.for([200, 429, 500])(
  "status %i reports limits and the request's id; P28 a refusal that it used nothing",
  async (status) => {
    const reports: CallReport[] = [];
    const headers = { "x-ratelimit-limit-requests": "60", "x-request-id": "req-1" };
    const report = (each: CallReport): unknown => reports.push(each);
    await post(Response.json({}, { status, headers }), { report }).catch(() => undefined);
    const facts = { requestId: "req-1", limits: { requests: { limit: 60 } } };
    expect(reports).toEqual([facts, ...(status === 429 ? [{ usage: { inputTokens: 0, outputTokens: 0 } }] : [])]);
  },
);

test.for<[string, Response | Error, object]>([
  ["a connection that fails", new TypeError("SECRET"), { code: "network_error", retryable: true }],
  ["a page with a good status", new Response("<html>SECRET"), { code: "provider_error", retryable: true, status: 200 }],
  ["JSON that is no object", Response.json("SECRET"), { code: "provider_error", retryable: true }],
  ["a page with a bad status", new Response("SECRET", { status: 401 }), { code: "authentication", status: 401 }],
  [
    "a refusal",
    Response.json({ error: { code: "slow_down", message: "SECRET" } }, { status: 429 }),
    { code: "rate_limited" },
  ],
])("P35 %s: an error without the provider's words", async ([, response, expected]) => {
  const error = await failureOf(post(response));
  expect(error).toMatchObject(expected);
  expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain("SECRET");
});

// decolua/9router#3492
test.for(["\n\ndata: [DONE]\n\n", "data:[DONE]"])(
  "P51 JSON that is closed as a stream is (%j) is read",
  async (end) => {
    expect(await post(new Response(`{"a":"data: [DONE]"}${end}`))).toEqual({ a: "data: [DONE]" });
  },
);

// neuml/txtai#222, sgl-project/sglang#4097: Python's `json.dumps`, with logarithms of what cannot be
test.for(["NaN", "Infinity", "-Infinity"])(
  "P51 %s in the place of a number is null, and a text of it stays",
  async (number) => {
    const body = `{"texts":["NaN","a \\"${number}\\" b"],"logprobs":[${number},-0.5, ${number}]}`;
    const read = { texts: ["NaN", `a "${number}" b`], logprobs: [null, -0.5, null] };
    expect(await post(new Response(body))).toEqual(read);
  },
);

// An image in base64 is a text of many millions of characters.
test("P51 a text of twenty million characters beside a number that JSON does not have is read", async () => {
  const text = "a".repeat(20_000_000);
  expect(await post(new Response(`{"text":"${text}","logprobs":[NaN]}`))).toEqual({ text, logprobs: [null] });
});

test("P12 an aborted call rejects with the signal's reason, and sends nothing more", async () => {
  const reason = new Error("enough");
  const { fetch, sent } = answering(Response.json({}));
  const connection = connectHttp({ apiKey: "k", fetch }, TERN, USUAL);
  expect(await failureOf(postJson(connection, "/path", {}, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(sent).toEqual([]);
  const controller = new AbortController();
  const body = new ReadableStream({
    pull(stream) {
      controller.abort(reason);
      stream.error(new DOMException("aborted", "AbortError"));
    },
  });
  expect(await failureOf(post(new Response(body), { signal: controller.signal }))).toBe(reason);
});

test("P36 an input is to blame where nothing else is, and its place is one among the inputs of the call", async () => {
  const refusal = Response.json({ error: { param: "input[1]" } }, { status: 400 });
  const connection = connectHttp({ apiKey: "k", fetch: answering(refusal).fetch }, TERN, USUAL);
  const error = await failureOf(postJson(connection, "/path", {}, {}, { positions: [0, 5] }));
  expect(error).toMatchObject({ code: "invalid_input", position: 5 });
});
