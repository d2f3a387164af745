import { expect, test } from "vitest";
import type { Dialect } from "./dialect.ts";
import { failureIn, type Refusal, refusalIn, refusalOf } from "./refusal.ts";

/** Bodies as these servers send them. */
test.for<[string, unknown, object]>([
  [
    "OpenAI",
    { error: { message: "m", type: "t", param: "input[3]", code: "c" } },
    { code: "c", type: "t", param: "input[3]" },
  ],
  ["Anthropic", { type: "error", error: { type: "rate_limit_error", message: "m" } }, { type: "rate_limit_error" }],
  [
    "vLLM",
    { object: "error", message: "m", type: "BadRequestError", param: null, code: 400 },
    { type: "BadRequestError", status: 400 },
  ],
  ["Gemini", { error: { code: 429, status: "RESOURCE_EXHAUSTED" } }, { status: 429, code: "RESOURCE_EXHAUSTED" }],
  [
    "Gemini in OpenAI's form",
    [{ error: { code: 429, status: "RESOURCE_EXHAUSTED" } }],
    { status: 429, code: "RESOURCE_EXHAUSTED" },
  ],
  [
    "Mistral",
    { object: "error", message: "m", type: "invalid_model", param: null, code: "1500" },
    { type: "invalid_model", code: "1500" },
  ],
  ["TEI", { error: "too long", error_type: "Validation" }, { type: "Validation" }],
  ["DashScope", { code: "Arrearage", message: "m" }, { code: "Arrearage" }],
  ["Ollama", { error: "model not found" }, {}],
  // element-hq/synapse#3054: a body in a text
  [
    "a proxy",
    { error: '{"error":{"code":"insufficient_quota"},"retry_after_ms":40}' },
    { code: "insufficient_quota", waitMs: 40 },
  ],
  ["a proxy on FastAPI", { detail: '{"error":{"type":"rate_limit_error"}}' }, { type: "rate_limit_error" }],
  // NVIDIA/nvcf#1690; https://www.rfc-editor.org/rfc/rfc9457#section-3.1.1: a type is an address
  [
    "problem details",
    { type: "https://a.b/auth/errors#too-many", title: "m", status: 429 },
    { type: "too-many", status: 429 },
  ],
  ["problem details without a type", { type: "about:blank", status: 404 }, { status: 404 }],
  ["nothing", undefined, {}],
  ["a page", "<html>", {}],
])("the body of %s", ([, body, expected]) => {
  const { headers: _, ...told } = refusalIn({ body });
  expect(JSON.parse(JSON.stringify(told))).toEqual(expected);
});

/** Bodies with a good status that are refusals. */
test.for<[string, unknown, object]>([
  // runpod-workers/worker-vllm#57
  ["RunPod", { object: "error", message: "m", type: "NotFoundError", param: null, code: 404 }, { status: 404 }],
  // reported of z.ai
  ["z.ai", { code: 401, msg: "m", success: false }, { status: 401 }],
  ["gateways of that kind", { code: 401, message: "m", data: null }, { status: 401 }],
  // https://platform.minimax.io/docs/api-reference/errorcode
  ["MiniMax", { choices: null, base_resp: { status_code: 1008, status_msg: "m" } }, { code: "1008" }],
  // https://developers.cloudflare.com/ai-gateway/features/guardrails/set-up-guardrail
  ["Cloudflare", { success: false, error: [{ code: 2017, message: "m" }] }, { code: "2017" }],
  // https://cloud.baidu.com/doc/WENXINWORKSHOP/s/cm79w0mjf, and its older form
  ["Baidu", { code: "rpm_rate_limit_exceeded", msg: "m" }, { code: "rpm_rate_limit_exceeded" }],
  ["Baidu's older API", { error_code: 336_502, error_msg: "m", id: "i" }, { code: "336502" }],
  // router-for-me/CLIProxyAPI#1708 and its tests
  ["iFlow", { status: "434", msg: "m", body: null }, { status: 434 }],
  // Spring's and AWS Lambda's, which gateways hand on with a status of their own: docs.spring.io, docs.aws.amazon.com
  ["Spring", { timestamp: "t", status: 401, error: "Unauthorized", path: "/v1" }, { status: 401 }],
  ["Lambda", { statusCode: 429, headers: {}, body: "m" }, { status: 429 }],
  // groq/groq-python, types/chat/chat_completion_chunk.py: why a stream was stopped early
  ["Groq", { choices: [{ delta: {} }], x_groq: { id: "r", error: "over_capacity" } }, { code: "over_capacity" }],
])("P51 the answer of %s is a refusal", ([, body, expected]) => {
  expect(failureIn(body)).toMatchObject(expected);
});

test("P51 an answer that says that it is well is none", () => {
  for (const more of [
    { base_resp: { status_code: 0 } },
    { success: true, errors: [] },
    { error: null },
    { x_groq: { id: "r", error: null } },
    { x_groq: null },
    { error: { message: "", code: null } },
    // Go's zero values: https://go.dev/ref/spec#The_zero_value
    { error: { code: 0, message: "", details: [], retryable: false } },
    { code: 200 },
    { status: "200" },
    { status: "completed" },
    { code: 10_000, msg: "ok" },
    { code: "success", message: "ok" },
  ])
    expect(failureIn({ choices: [], ...more })).toBeUndefined();
  for (const body of [{ message: "Starting" }, { code: 0, msg: "ok" }, { code: "x", data: [] }])
    expect(failureIn(body)).toBeUndefined();
});

test("a response's status wins over one in its body", () => {
  expect(refusalIn({ body: { error: { code: 429 } }, status: 503 }).status).toBe(503);
});

test("a dialect says where its bodies have what others have in `error`", () => {
  const dialect: Dialect = { provider: "Tern", refusal: ({ fault }) => ({ code: fault?.name, position: fault?.at }) };
  const read = (body: unknown): Refusal => refusalIn({ body, status: 422 }, dialect);
  expect(read({ fault: { name: "text_too_long", at: 0 } })).toMatchObject({ code: "text_too_long", position: 0 });
  expect(read({ fault: { name: 7, at: "0" } })).toEqual({ status: 422 });
  expect(read({ fault: { at: 0.5 } })).toEqual({ status: 422 });
  expect(read({ error: { code: "busy" } })).toMatchObject({ code: "busy" });
  expect(read("<html>")).toEqual({ status: 422 });
  const thrown = Object.assign(new Error("SECRET"), { status: 422, error: { fault: { name: "text_too_long" } } });
  expect(refusalOf(thrown, dialect)).toMatchObject({ status: 422, code: "text_too_long" });
});

const headers = new Headers({ "retry-after": "7" });

/** Errors as these SDKs throw them. */
test.for<[string, object, object]>([
  [
    "openai",
    { status: 429, headers, code: "c", type: "t", param: "p", requestID: "r" },
    { status: 429, code: "c", type: "t", param: "p", requestId: "r" },
  ],
  ["openai, in a stream", { status: undefined, headers, code: "c", requestID: undefined }, { code: "c" }],
  ["cohere-ai", { statusCode: 503, body: { error_type: "X" }, rawResponse: { headers } }, { status: 503, type: "X" }],
  [
    "the AI SDK",
    { statusCode: 400, responseHeaders: { "retry-after": "7" }, data: { error: { code: "c" } } },
    { status: 400, code: "c" },
  ],
  ["axios", { response: { status: 502, headers: { "retry-after": "7" } } }, { status: 502 }],
  [
    "axios, with its own code",
    { code: "ERR_BAD_REQUEST", response: { status: 402, headers: { "retry-after": "7" } }, body: { code: "c" } },
    { status: 402, code: "c" },
  ],
  [
    "openai, without JSON",
    { status: 429, headers, message: "429 Try again in 30 seconds" },
    { status: 429, waitMs: 30_000 },
  ],
  ["a wrapper", { cause: { cause: { status: 503, headers } } }, { status: 503 }],
])("the error of %s", ([, fields, expected]) => {
  const refusal = refusalOf(Object.assign(new Error("SECRET"), fields));
  expect(refusal?.headers?.get("retry-after")).toBe("7");
  expect(JSON.parse(JSON.stringify({ ...refusal, headers: undefined }))).toEqual(expected);
});

test.for([
  { statusCode: undefined, rawResponse: { status: 0, headers } },
  undefined,
  "text",
  new Error("no response"),
  { headers },
  { code: "ECONNRESET" },
])("%o came from no response", (thrown) => {
  expect(refusalOf(thrown)).toBeUndefined();
});
