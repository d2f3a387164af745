import { expect, test, vi } from "vitest";
import type { Dialect } from "./dialect.ts";
import { providerError } from "./provider-errors.ts";
import { refusalIn } from "./refusal.ts";

const TERN: Dialect = { provider: "Tern" };
/** The wait that an error says, of a 429 with this body and these headers. */
const waited = (body: unknown, headers: Record<string, string> = {}): number | undefined =>
  providerError(refusalIn({ body, status: 429, headers: new Headers(headers) }), TERN).retryAfterMs;

const RETRY_INFO = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "38.9s" };
const gemini = { code: 429, message: "m", status: "RESOURCE_EXHAUSTED", details: [{ reason: "X" }, RETRY_INFO] };

/** dcdpr/jp#1061, AtomicBot-ai/atomic-agent#267, n4ze3m/page-assist#406 (inside an array). */
test.for<[string, unknown]>([
  ["alone", gemini],
  ["in error", { error: gemini }],
  ["in a list", [{ error: gemini }]],
  ["in seconds and nanoseconds", { error: { details: [{ retryDelay: { seconds: "38", nanos: 900_000_000 } }] } }],
])("P43 the wait in google.rpc.RetryInfo is read, %s", ([, body]) => {
  expect(waited(body)).toBe(38_900);
});

test.for<[string, number]>([
  // stockbot-on-groq#46, continuedev/continue#10920, danielmiessler/Fabric#364 (Groq)
  [
    "Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 9m38.016s. Need more tokens?",
    578_016,
  ],
  ["Limit 500000, Used 500370, Requested 252. Please try again in 1m47.5854s. Visit https://x for more.", 107_585.4],
  ["Please try again in 50.597142857s. Visit", 50_597.142857],
  // reported of OpenAI
  ["Rate limit reached for gpt-4 on requests per min. Please try again in 510ms.", 510],
  ["Please try again in 6m0s. Contact us", 360_000],
  ["Please try again in 1h2m3s.", 3_723_000],
  // openai/openai-node#1108, icereed/paperless-gpt#814 (Azure)
  ["Please retry after 33 seconds. Please go here: https://aka.ms/oai/quotaincrease", 33_000],
  ["Please retry after 1 second.", 1000],
  // harry0703/MoneyPrinterTurbo#339 (Moonshot), decolua/9router#846
  ["request reached max request: 3, please try again after 1 seconds", 1000],
  ["[openai/gpt-5.4] [400] (reset after 30s)", 30_000],
  ["Please wait 23 seconds before retrying.", 23_000],
  ["Please retry in 38.906788372s.", 38_906.788372],
  ["Try again in 2 minutes.", 120_000],
  // reported of Google's plans, and of queues
  ["Your quota resets in 1h30m.", 5_400_000],
  ["Overloaded. Expected available in 12 seconds", 12_000],
  // Words between: simple forms of the same, reported of gateways
  ["Rate limit exceeded. Please retry your request after 30 seconds.", 30_000],
  ["Too many requests. Retry-After: 30s", 30_000],
  ["Please try again in approximately 30 seconds.", 30_000],
  ["Please wait at least 1 minute before another request.", 60_000],
  // Gateways of China, and their like
  ["请求过于频繁，请在 30 秒后重试", 30_000],
  ["当前请求过多，请等待15秒。", 15_000],
  ["触发限流，请 1分30秒 之后再试", 90_000],
  ["レート制限です。30秒後に再試行してください", 30_000],
])("P43 the wait in words is read: %s", ([message, ms]) => {
  expect(waited({ error: { message } })).toBeCloseTo(ms, 6);
  expect(waited({ message })).toBeCloseTo(ms, 6);
});

test.for([
  "Try again later.",
  "Please try again in a moment.",
  "Limit 20 s models, again in 5 models",
  "retry 3 times",
  "Please wait. Limit: 60 requests per 1 minute",
  "Try again, at most 3 times in 10 seconds",
  // QuantumNous/new-api: what is allowed in a minute is not a wait of one
  "您已达到总请求数限制：1分钟内最多请求3次，包括失败次数，请检查您的请求是否正确",
  "Support is available 24 hours a day.",
  "",
])("P43 words without a wait ask for none: %s", (message) => {
  expect(waited({ error: { message } })).toBeUndefined();
});

test("P43 fields in seconds are read, and the longest wait counts", () => {
  expect(waited({ error: { metadata: { retry_after_seconds: 7 } } })).toBe(7000);
  expect(waited({ error: { retry_after: 2.5, message: "Please retry after 1 second" } })).toBe(2500);
  expect(waited({ error: gemini }, { "retry-after": "60" })).toBe(60_000);
  expect(waited({ error: gemini }, { "retry-after": "2" })).toBe(38_900);
  expect(waited("<html>", { "retry-after": "2" })).toBe(2000);
});

/** Names and units that servers have for a wait: decolua/9router#878 (MiniMax, also with a time), and `resets_in_seconds` of OpenAI's plans. */
test.for<[object, number]>([
  [{ error: { type: "t", resets_in_seconds: 90 } }, 90_000],
  [{ error: { retry_after_ms: 1500 } }, 1500],
  [{ error: "busy", retryAfterMs: "1500" }, 1500],
  [{ error: { message: "m" }, retry_after: 90 }, 90_000],
  [{ error: "Too Many Requests", retryAfter: "90" }, 90_000],
  [{ error: { code: "c", details: { limit: 100, retry_after_ms: 45_000 } } }, 45_000],
  [{ error: { retry_after: "1m30s" } }, 90_000],
  [{ error: { retryAfter: "PT1M30S" } }, 90_000],
  [{ error: { retry_after: "1500ms" } }, 1500],
  [{ error: { message: "m", retryAfter: "2023-11-14T22:13:50Z" } }, 30_000],
  // Times of OpenAI's plans, and of BerriAI/litellm's limits in words; other names of the same
  [{ error: { message: "m", resets_at: 1_700_000_030 } }, 30_000],
  [{ error: { message: "Limit type: requests. Limit resets at: 2023-11-14 22:13:50 UTC" } }, 30_000],
  [{ error: { message: "m", reset_time: "2023-11-14T22:13:50Z", "retry-after": "20" } }, 30_000],
  [{ error: { cooldown_seconds: 30 } }, 30_000],
  [{ error: { wait_time: 30 } }, 30_000],
  [{ error: { retry_delay: "30s" } }, 30_000],
  [{ error: { retry_after_minutes: 2 } }, 120_000],
])("P43 a wait in a field of another name or unit is read: %j", ([body, ms]) => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["Date"] });
  expect(waited(body)).toBe(ms);
  vi.useRealTimers();
});

// openclaw/clawhub#407: a time since 1970; the others are forms that servers have for a reset.
test.for<[string, number]>([
  ["90s", 90_000],
  ["1m30s", 90_000],
  ["PT30S", 30_000],
  ["1700000030", 30_000],
  ["1700000030000", 30_000],
  ["2023-11-14T22:13:50Z", 30_000],
])("P43 a wait of %s in a header is read, in whatever form", ([text, ms]) => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["Date"] });
  expect(waited({}, { "retry-after": text })).toBe(ms);
  vi.useRealTimers();
});

// Gitlawb/openclaude#936: no header says it
test("P45 the time at which OpenRouter's limit is whole again is read, and one that is past is none", () => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["Date"] });
  const body = (reset: unknown): object => ({
    error: { code: 429, metadata: { headers: { "X-RateLimit-Reset": reset } } },
  });
  expect([waited(body("1700021600000")), waited(body(1_700_000_005_000))]).toEqual([21_600_000, 5000]);
  expect([waited(body("1699999999999")), waited(body("soon")), waited(body(null))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  vi.useRealTimers();
});

/** Where servers say it: FastAPI, one-api, OpenRouter with the words of a model's host, and a server without JSON. */
test.for<[string, unknown]>([
  ["in the detail", { detail: "Rate limit exceeded. Try again in 30 seconds" }],
  ["in msg", { code: 429, msg: "Please retry after 30 seconds" }],
  ["in another body", { error: { code: 429, metadata: { raw: '{"error":"please retry after 30 seconds"}' } } }],
  ["in a list of errors", { errors: [{ message: "m" }, { message: "Please retry after 30 seconds" }] }],
  ["in a text alone", "Rate limit exceeded. Try again in 30 seconds."],
])("P43 a wait %s is read", ([, body]) => {
  expect(waited(body)).toBe(30_000);
});

test("P43 a page's words ask for no wait", () => {
  for (const page of ["<html>Try again in 24 hours</html>", "503 <!doctype html>Try again in 24 hours"]) {
    expect(waited(page)).toBeUndefined();
  }
});

// fetch joins the headers of a server and of the proxy before it; datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers,
// openrouter.ai/docs/api/reference/limits and Kong's rate limiting for the resets.
test.for<[Record<string, string>, number | undefined]>([
  [{ "retry-after": "20, 30" }, 30_000],
  [{ "retry-after": "30 seconds" }, 30_000],
  [{ "ratelimit-remaining": "0", "ratelimit-reset": "30" }, 30_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30" }, 30_000],
  [{ "x-ratelimit-remaining": "7", "x-ratelimit-reset": "30" }, undefined],
  // huggingface/huggingface_hub#3553
  [{ ratelimit: '"api";r=0;t=55', "ratelimit-policy": '"fixed window";"api";q=500;w=300' }, 55_000],
  [{ ratelimit: '"minute";r=3;t=9, "day";r=0;t=3600' }, 3_600_000],
  [{ ratelimit: '"api";r=4;t=55' }, undefined],
  [{ ratelimit: "limit=100, remaining=0, reset=50" }, 50_000],
  [{ ratelimit: "limit=100, remaining=07, reset=50" }, undefined],
  [{ "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }, undefined],
])("P43 headers %j ask for a wait of %s ms", ([headers, ms]) => {
  expect(waited({}, headers)).toBe(ms);
});

test.for(["0", "-5", "Mon, 01 Jan 2024 00:00:00 GMT", "soon", "1e400", "99999999999"])(
  "P44 a wait of %s in a header is none, and takes nothing from the one in the body",
  (text) => {
    expect(waited({}, { "retry-after": text })).toBeUndefined();
    expect(waited({ error: gemini }, { "retry-after": text, "retry-after-ms": text })).toBe(38_900);
  },
);

test.for([
  { retry_after: 0 },
  { retry_after: -1 },
  { details: [{ retryDelay: "0s" }] },
  { details: [{ retryDelay: "-3s" }] },
])("P44 a wait of nothing in the body is none: %j", (error) => {
  expect(waited({ error })).toBeUndefined();
  expect(waited({ error }, { "retry-after": "1" })).toBe(1000);
});

test("a refusal by a rate limit says how long to wait", () => {
  const error = providerError(refusalIn({ status: 429, body: { error: { retry_after: 86_400 } } }), TERN);
  expect(error.message).toBe(
    "Expected an answer from Tern, got status 429. The rate limit is reached: try again in 86400 s, or send less at once.",
  );
});
