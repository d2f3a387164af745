import { readFile } from "node:fs/promises";

import { afterAll, expect, test } from "vitest";

import { eventsOf, floatsOf, post, type Reply } from "./fixtures/post.ts";
import { type Behavior, PROFILE_NAMES, startEmulator } from "./index.ts";
import { PROFILES } from "./profiles.ts";

const emulator = await startEmulator();
afterAll(() => emulator.close());

const embed = (input: unknown, more: object = {}): Promise<Reply> =>
  post(`${emulator.openaiBaseURL}/embeddings`, { model: "m", input, ...more });
const chat = (content: string, more: object = {}): Promise<Reply> =>
  post(`${emulator.openaiBaseURL}/chat/completions`, {
    model: "m",
    messages: [{ role: "user", content }],
    ...more,
  });

/** Starts anew as the server, at such a seed and with such limits that many texts and calls show its ways. */
function be(profile: Behavior["profile"], more: Behavior = {}): void {
  emulator.reset({ tokens: "fast", dimensions: 4, limits: undefined, faults: undefined, seed: 1, ...more, profile });
}

/** Replies to `count` calls of a text each. */
async function many(count: number, call: (text: string) => Promise<Reply>): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for (let index = 0; index < count; index++) replies.push(await call(`text ${index}`));
  return replies;
}

test("azure: retry-after-ms of 0 beside retry-after, a day's wait for some texts, a filter of prompts", async () => {
  be("azure", { limits: { requestsPerMinute: 2000 } });
  const replies = await many(600, embed);
  const refused = replies.filter(({ status }) => status === 429);
  const waits = new Set(refused.map(({ headers }) => `${headers.get("retry-after")} ${headers.get("retry-after-ms")}`));
  expect(waits).toEqual(new Set(["1 0", "86400 null"]));
  expect(refused[0]?.body.error).toMatchObject({ code: "429", message: expect.stringContaining("Please retry after") });
  const filtered = (await many(300, chat)).filter(({ status }) => status === 400);
  expect(filtered[0]?.body.error).toMatchObject({ code: "content_filter", param: "prompt" });
  expect(emulator.stats().faults).toEqual({
    rateLimit: expect.any(Number),
    "azure: retry after a day": expect.any(Number),
    "azure: content filter": filtered.length,
  });
});

test("dashscope: 10 texts a request, Arrearage, and a minute's tokens in the words for money", async () => {
  be("dashscope");
  const refused = (await many(200, chat)).find(({ status }) => status === 429);
  expect(refused?.body).toMatchObject({ error: { code: "insufficient_quota" }, request_id: expect.any(String) });
  be("dashscope", { faults: { quotaAfterRequests: 2 } });
  expect((await embed(Array.from("abcdefghij"))).status).toBe(200);
  expect(await embed(Array.from("abcdefghijk"))).toMatchObject({ status: 400, body: { error: { param: null } } });
  expect(await embed("a")).toMatchObject({ status: 400, body: { error: { code: "Arrearage" } } });
});

test("minimax: chats that fail with 200", async () => {
  be("minimax");
  const codes = (await many(400, chat)).map(({ status, body }) => [status, body.base_resp?.status_code]);
  expect(new Set(codes.map(String))).toEqual(new Set(["200,", "200,1002", "200,1026"]));
  be("minimax", { faults: { quotaAfterRequests: 1 } });
  await chat("a");
  expect(await chat("b")).toMatchObject({ status: 200, body: { choices: null, base_resp: { status_code: 1008 } } });
});

test("gateway: guardrails have a list in `error`", async () => {
  be("gateway");
  const blocked = (await many(500, chat)).find(({ status }) => status === 424);
  expect(blocked?.body).toMatchObject({ success: false, error: [{ code: 2016 }] });
});

test("gateway: pages with 200, 403 and 502, answers without data, escapes that mean the same", async () => {
  be("gateway");
  const replies = await many(500, (text) => embed(text, { encoding_format: "base64" }));
  const pages = replies.filter(({ headers }) => headers.get("content-type") === "text/html");
  expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200, 403, 502]));
  expect(replies.some(({ body }) => body.data?.length === 0)).toBe(true);
  const escaped = replies.find(({ text }) => text.includes("\\u002B") && text.includes("\\u003d"));
  const [row] = escaped?.body.data ?? [];
  be(undefined, { quirks: { escapeBase64: false } });
  const plain = await embed(`text ${replies.indexOf(escaped as Reply)}`, { encoding_format: "base64" });
  expect(plain.text).not.toContain("\\u");
  expect(floatsOf(row.embedding)).toEqual(floatsOf(plain.body.data[0].embedding));
  emulator.reset({ quirks: undefined });
});

test("gemini: the wait is in the body, alone or in a list, and in no header; 100 texts a request", async () => {
  be("gemini");
  expect(await embed(Array.from({ length: 101 }, String))).toMatchObject({
    status: 400,
    body: { error: { status: "INVALID_ARGUMENT" } },
  });
  const refused = (await many(60, embed)).filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(30);
  expect(refused.some(({ body }) => Array.isArray(body))).toBe(true);
  expect(refused.some(({ body }) => !Array.isArray(body))).toBe(true);
  for (const { body, headers } of refused) {
    const { error } = Array.isArray(body) ? body[0] : body;
    expect(error).toMatchObject({ code: 429, status: "RESOURCE_EXHAUSTED" });
    expect(error.details.at(-1).retryDelay).toMatch(/^\d+(\.\d+)?s$/);
    expect([...headers.keys()].filter((name) => /retry|ratelimit/.test(name))).toEqual([]);
  }
});

test("groq: the day's requests are in the headers, 30 a minute are what binds; 498 for flex, 400 for a spend limit", async () => {
  be("groq");
  const replies = await many(40, (text) => chat(text, { max_tokens: 1 }));
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(30);
  expect(replies[0]?.headers.get("x-ratelimit-limit-requests")).toBe("14400");
  expect(replies[0]?.headers.get("x-ratelimit-limit-tokens")).toBe("18000");
  expect(Number(replies.at(-1)?.headers.get("retry-after"))).toBeGreaterThan(0);
  be("groq", { limits: { requestsPerMinute: 1000 } });
  const flex = await many(100, (text) => chat(text, { service_tier: "flex" }));
  expect(flex.filter(({ status }) => status === 498).length).toBeGreaterThan(0);
  be("groq", { faults: { quotaAfterRequests: 1 } });
  await chat("a");
  expect(await chat("b")).toMatchObject({ status: 400, body: { error: { code: "blocked_api_access" } } });
});

test("litellm: a budget that is used up, and JSON in a code fence", async () => {
  be("litellm", { faults: { quotaAfterRequests: 1 } });
  const { body } = await chat("a", { response_format: { type: "json_object" } });
  expect(body.choices[0].message.content).toBe('```json\n{"answer":"a"}\n```');
  expect(await chat("a")).toMatchObject({ status: 400, body: { error: { type: "budget_exceeded", code: "400" } } });
});

test("llamacpp: loads its model first; a long text is a 500 for all that come with it", async () => {
  be("llamacpp");
  expect(await embed("a")).toMatchObject({ status: 503, body: { error: { message: "Loading model" } } });
  const { during } = PROFILES.llamacpp.behavior.faults?.answers?.[0] ?? {};
  expect(during).toEqual([0, 10_000]);
  const now = { value: 20_000 };
  await using later = await startEmulator({
    profile: "llamacpp",
    clock: { now: () => now.value, after: (_ms, callback) => (callback(), () => undefined) },
  });
  now.value += 10_000;
  const send = (input: unknown): Promise<Reply> => post(`${later.openaiBaseURL}/embeddings`, { model: "m", input });
  expect(await send(["a", "b ".repeat(1100)])).toMatchObject({
    status: 500,
    body: { error: { type: "server_error" } },
  });
  expect((await send(["a", "b"])).status).toBe(200);
});

test("lmstudio: errors are texts, also with 200; usage is 0 and vectors are numbers", async () => {
  be("lmstudio", { models: ["m"] });
  const replies = await many(200, (text) => embed(text, { encoding_format: "base64" }));
  const odd = replies.filter(({ body }) => typeof body.error === "string");
  expect(odd.length).toBeGreaterThan(0);
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  const good = replies.find((reply) => !odd.includes(reply));
  expect(good?.body).toMatchObject({ data: [{ embedding: expect.any(Array) }], usage: { total_tokens: 0 } });
  expect((await embed("a", { model: "x" })).body).toEqual({ error: expect.stringContaining("does not exist") });
  emulator.reset({ models: undefined });
});

test("mistral: one request a second; content is a list of parts", async () => {
  be("mistral");
  const [first, second] = await many(2, chat);
  expect(first?.body.choices[0].message.content).toMatchObject([
    { type: "thinking" },
    { type: "text", text: "Echo: text 0" },
  ]);
  expect(second).toMatchObject({ status: 429, body: { object: "error", code: "1300" } });
  expect(second?.headers.get("retry-after")).toBeNull();
});

test("ollama: some texts are a 500 at every try; numbers whatever is asked for", async () => {
  be("ollama");
  const replies = await many(800, (text) => embed(text, { encoding_format: "base64" }));
  const bad = replies.flatMap(({ status }, index) => (status === 500 ? [index] : []));
  expect(bad.length).toBeGreaterThan(0);
  expect(replies[bad[0] as number]?.body.error).toMatchObject({ type: "api_error", param: null });
  expect((await embed(["fine", `text ${bad[0]}`])).status).toBe(500);
  expect(replies.find(({ status }) => status === 200)?.body.data[0].embedding).toHaveLength(4);
});

test("openrouter: half a text and errors with 200, moderation, credits, comments in streams", async () => {
  be("openrouter", { faults: { quotaAfterRequests: 400 } });
  const replies = await many(399, chat);
  const reasons = replies.map(({ body }) => body.choices?.[0].finish_reason ?? body.error.code);
  expect(new Set(reasons)).toEqual(new Set(["stop", "error", 502, 403]));
  const halves = replies.filter(({ body }) => body.choices?.[0].finish_reason === "error");
  expect(halves.every(({ status, body }) => status === 200 && body.choices[0].message.content === "Ec")).toBe(true);
  const { text } = await chat("hello", { stream: true });
  expect(text).toMatch(/^: PROCESSING\n\n/);
  expect(eventsOf(text.replaceAll(": PROCESSING\n\n", "")).at(-1)?.data).toBe("[DONE]");
  expect(await chat("a")).toMatchObject({ status: 402, body: { error: { code: 402 } } });
});

test("tei: 32 texts a request, 512 tokens a text, 429s without a wait, passing 424s, numbers", async () => {
  be("tei");
  const numbered = (count: number): string[] => Array.from({ length: count }, String);
  const tooMany = { message: expect.stringContaining("maximum allowed batch size 32"), code: 413, type: "Validation" };
  expect(await embed(numbered(33))).toMatchObject({ status: 413, body: tooMany });
  expect(await embed("a ".repeat(1100))).toMatchObject({ status: 413, body: { code: 413, type: "Validation" } });
  const replies = await many(300, (text) => embed(text, { encoding_format: "base64" }));
  const statuses = Object.groupBy(replies, ({ status }) => status);
  expect(Object.keys(statuses)).toEqual(["200", "424", "429"]);
  expect(statuses[200]?.[0]?.body.data[0].embedding).toHaveLength(4);
  expect(statuses[424]?.[0]?.body).toMatchObject({ code: 424, type: "Backend" });
  expect(statuses[429]?.[0]?.body).toEqual({ message: "Model is overloaded", code: 429, type: "Overloaded" });
  expect(statuses[429]?.[0]?.headers.get("retry-after")).toBeNull();
});

test("unsloth: streams unless told not to, chat completions and the Responses API", async () => {
  be("unsloth");
  const isStream = ({ headers }: Reply): boolean =>
    headers.get("content-type")?.startsWith("text/event-stream") === true;
  expect(isStream(await chat("a"))).toBe(true);
  expect(isStream(await chat("a", { stream: false }))).toBe(false);
  const respond = (more: object): Promise<Reply> =>
    post(`${emulator.openaiBaseURL}/responses`, { model: "m", input: "a", ...more });
  expect(isStream(await respond({}))).toBe(true);
  expect(isStream(await respond({ stream: false }))).toBe(false);
});

test("vllm: any dimensions are a 400 without param; now and then a 500", async () => {
  be("vllm");
  expect(await embed("a", { dimensions: 4 })).toMatchObject({
    status: 400,
    body: { object: "error", type: "BadRequestError", param: null, code: 400 },
  });
  const statuses = (await many(200, embed)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200, 500]));
});

test("an option comes before the profile's, and profiles before one another", async () => {
  be(["gateway", "azure"], { headers: "openai", faults: { rateLimitRate: 1, answers: [{ name: "mine", rate: 0 }] } });
  expect((await embed("a")).status).toBe(429);
  be(["gateway", "gemini"], { limits: { requestsPerMinute: 1 } });
  await embed("a");
  expect((await embed("a")).headers.get("retry-after")).toBeNull();
});

test("the same seed gives the same run", async () => {
  const run = async (): Promise<readonly number[]> => {
    be(["gateway", "azure"], { seed: 7 });
    return (await many(100, embed)).map(({ status }) => status);
  };
  expect(await run()).toEqual(await run());
});

test("README and help have a line for each profile, and each has a source", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  for (const name of PROFILE_NAMES)
    expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\| .+ \\| .*(#\\d+|https:).*\\|$`, "m"));
});
