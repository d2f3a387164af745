import type { ProviderError } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { completion, wire } from "./fixtures/wire.ts";
import { OpenAIChat, OpenAIEmbeddings } from "./index.ts";

/** The error for an answer of this status and body. */
async function refused(status: number, body: unknown, headers: Record<string, string> = {}): Promise<ProviderError> {
  const { fetch } = wire(() =>
    typeof body === "string" ? new Response(body, { status, headers }) : Response.json(body, { status, headers }),
  );
  const embeddings = new OpenAIEmbeddings({ apiKey: "key", fetch, dimensions: 8 });
  return embeddings.invokeMany(["a", "b"]).then(
    () => Promise.reject(new Error("Expected a refusal, got an answer.")),
    (error: ProviderError) => error,
  );
}

test.for<[string, number, unknown, object]>([
  // n4ze3m/page-assist#406, dcdpr/jp#1061: Gemini's OpenAI endpoint sends a list
  [
    "Gemini",
    429,
    [{ error: { code: 429, status: "RESOURCE_EXHAUSTED", details: [{ retryDelay: "38.9s" }] } }],
    { code: "rate_limited", retryAfterMs: 38_900 },
  ],
  [
    "Gemini's key",
    400,
    [{ error: { code: 400, status: "INVALID_ARGUMENT", details: [{ reason: "API_KEY_INVALID" }] } }],
    { code: "authentication" },
  ],
  // tetsuo-ai/agenc-core#2483: the SDK loses the code of a flat body
  ["xAI", 403, { code: "personal-team-blocked:spending-limit", error: "m" }, { code: "quota_exceeded" }],
  // huggingface/text-embeddings-inference#61
  [
    "TEI",
    424,
    { error: "Backend error", error_type: "Backend" },
    { code: "provider_error", retryable: true, providerCode: "Backend" },
  ],
  // vllm-project/vllm#15465
  [
    "vLLM",
    400,
    {
      object: "error",
      message: "dimensions is currently not supported",
      type: "BadRequestError",
      param: null,
      code: 400,
    },
    { code: "invalid_input", providerCode: "BadRequestError" },
  ],
  // 1Panel-dev/MaxKB#2912, for another parameter: FastAPI's own form, and vLLM's older one
  [
    "FastAPI",
    422,
    { detail: [{ type: "extra_forbidden", loc: ["body", "dimensions"], msg: "m" }] },
    { code: "invalid_argument", status: 422 },
  ],
  [
    "FastAPI, of an input",
    422,
    { detail: [{ loc: ["body", "input", 1], msg: "m" }] },
    { code: "invalid_input", position: 1 },
  ],
  ["a firewall", 403, "<html>Request blocked</html>", { code: "invalid_input", retryable: false }],
])("P47 P50 the whole body of %s (%i) is read", async ([, status, body, expected]) => {
  const error = await refused(status, body);
  expect(error).toMatchObject(expected);
  expect(JSON.stringify(error)).not.toContain("currently");
});

test("P47 only what every request has in common is blamed for all", async () => {
  const { fetch } = wire(() => Response.json({ error: { param: "max_completion_tokens" } }, { status: 400 }));
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, maxTokens: 9, body: { seed: 1 } });
  // UKGovernmentBEIS/inspect_ai#2634: how long an answer may be depends on how long its input is
  await expect(chat.invoke("a")).rejects.toMatchObject({ code: "invalid_input" });
  const { fetch: other } = wire(() => Response.json({ error: { param: "seed" } }, { status: 400 }));
  const seeded = new OpenAIChat({ model: "m", apiKey: "key", fetch: other, body: { seed: 1 } });
  await expect(seeded.invoke("a")).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(seeded.invoke({ messages: [{ role: "user", content: "a" }], seed: 2 })).rejects.toMatchObject({
    code: "invalid_input",
  });
});

// https://console.groq.com/docs/structured-outputs, praveenjuge/teak#255
test("P48 a model that did not write JSON is asked again, and twice more at most", async () => {
  const clock = new FakeClock();
  const refusal = { error: { type: "invalid_request_error", code: "json_validate_failed", failed_generation: "{" } };
  const answered = new Map<string, number>();
  const { fetch, requests } = wire(({ body }) => {
    const text = body.messages[0].content as string;
    const before = answered.get(text) ?? 0;
    answered.set(text, before + 1);
    return before === 0 || text === "Never." ? Response.json(refusal, { status: 400 }) : completion('{"a":1}');
  });
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, clock });
  const prompts = [...Array.from({ length: 20 }, (_, index) => `Prompt ${index}.`), "Never."];
  const slots = await clock.run(chat.batch(prompts, { clock, returnExceptions: true, random: () => 0.5 }));
  expect(slots.slice(0, 20).every((slot) => !(slot instanceof Error) && slot.text === '{"a":1}')).toBe(true);
  expect(slots[20]).toMatchObject({ code: "invalid_result", providerCode: "json_validate_failed" });
  expect((slots[20] as Error).message).toContain("The model did not answer in the form that was asked for");
  expect(requests).toHaveLength(43);
});

// https://help.aliyun.com/en/model-studio/rate-limit; can1357/oh-my-pi#8476: 30 minutes of waiting for a minute's tokens
test("P50 Alibaba's words for a minute's tokens are OpenAI's for money: the link tells them apart", async () => {
  const message = "You exceeded your current quota: https://help.aliyun.com/zh/model-studio/error-code#token-limit";
  const error = { code: "insufficient_quota", type: "insufficient_quota", param: null, message };
  const clock = new FakeClock();
  let calls = 0;
  const { fetch } = wire(() =>
    ++calls % 10 === 0 ? Response.json({ error, request_id: "r" }, { status: 429 }) : completion("yes"),
  );
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, clock });
  const prompts = Array.from({ length: 100 }, (_, index) => `Prompt ${index}.`);
  const slots = await clock.run(chat.batch(prompts, { clock, returnExceptions: true, random: () => 0.5 }));
  expect(slots.filter((slot) => slot instanceof Error)).toEqual([]);
});

/** Bodies with a good status that say of themselves that they failed. */
test.for<[string, object, object, number]>([
  ["MiniMax's key", { base_resp: { status_code: 1004, status_msg: "m" } }, { code: "authentication" }, 1],
  ["MiniMax's balance", { base_resp: { status_code: 1008, status_msg: "m" } }, { code: "quota_exceeded" }, 15],
  ["z.ai's key", { code: 401, msg: "m", success: false }, { code: "authentication" }, 1],
  // Of the kind of runpod-workers/worker-vllm#57
  ["RunPod's model", { object: "error", type: "NotFoundError", code: 404 }, { code: "invalid_argument" }, 10],
  // ollama/ollama's own API, where `/v1` is missing in the address
  ["an answer of another kind", { model: "m", embeddings: [[1]] }, { code: "invalid_argument" }, 30],
])("P48 P51 %s, with 200 for everybody, ends the run soon", async ([, body, expected, most]) => {
  const clock = new FakeClock();
  const { fetch, requests } = wire(() => Response.json(body));
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, clock });
  const prompts = Array.from({ length: 200 }, (_, index) => `Prompt ${index}.`);
  const slots = await clock.run(chat.batch(prompts, { clock, returnExceptions: true, random: () => 0.5 }));
  expect(slots.at(-1)).toMatchObject(expected);
  expect(requests.length).toBeLessThanOrEqual(most);
  expect(clock.now()).toBeLessThan(10_000);
});

// QuantumNous/new-api#6310
test("P47 a gateway without a channel for the model for 5 s costs no input", async () => {
  const clock = new FakeClock();
  const refusal = { error: { code: "model_not_found", message: "m", type: "new_api_error" } };
  let calls = 0;
  const { fetch, requests } = wire(() =>
    calls++ >= 20 && clock.now() < 5000 ? Response.json(refusal, { status: 503 }) : completion("yes"),
  );
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, clock });
  const prompts = Array.from({ length: 200 }, (_, index) => `Prompt ${index}.`);
  const slots = await clock.run(chat.batch(prompts, { clock, returnExceptions: true, random: () => 0.5 }));
  expect(slots.filter((slot) => slot instanceof Error)).toEqual([]);
  expect(requests.length).toBeLessThan(240);
});

// https://cloud.baidu.com/doc/WENXINWORKSHOP/s/cm79w0mjf
test("P51 a rate limit in a body of a good status is one, and paces the run", async () => {
  const clock = new FakeClock();
  let sent: number[] = [];
  const { fetch, requests } = wire(() => {
    sent = sent.filter((at) => at > clock.now() - 60_000);
    if (sent.length >= 10) return Response.json({ code: 336_501, msg: "Rate limit reached for RPM" });
    sent.push(clock.now());
    return completion("yes");
  });
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, clock });
  const prompts = Array.from({ length: 30 }, (_, index) => `Prompt ${index}.`);
  const slots = await clock.run(chat.batch(prompts, { clock, returnExceptions: true, random: () => 0.5 }));
  expect(slots.filter((slot) => slot instanceof Error)).toEqual([]);
  expect(requests.length).toBeLessThan(60);
});
