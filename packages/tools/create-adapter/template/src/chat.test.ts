import { rateLimiter, type Weight } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { answerWith } from "./fixtures/serve.ts";
import { MyProviderChat, type MyProviderChatOptions } from "./index.ts";
import { ANSWER_TOKENS } from "./limits.ts";

const options = { apiKey: "secret-key", baseURL: "http://localhost/v1" };

// TODO: an answer as My Provider gives it, and below what it is asked: `url`, `headers`, `body`.
function answer(content: unknown, finish_reason: string = "stop"): Response {
  return Response.json({
    choices: [{ message: { content }, finish_reason }],
    usage: { prompt_tokens: 5, completion_tokens: 2 },
  });
}

test("each prompt is a request of its own, and its usage is reported", async () => {
  const { fetch, sent } = answerWith(answer("Oslo"), answer("Santiago"));
  const chat = new MyProviderChat({ ...options, model: "m", fetch, retry: false, limiter: rateLimiter() });
  let usage: unknown;
  const answers = await chat.batch(["Norway?", "Chile?"], {
    maxConcurrency: 1,
    onFinish: (report) => (usage = report.usage),
  });
  expect(answers.map(({ text }) => text)).toEqual(["Oslo", "Santiago"]);
  expect(sent[0]).toEqual({
    url: "http://localhost/v1/chat/completions",
    headers: { authorization: "Bearer secret-key", "content-type": "application/json" },
    body: { model: "m", messages: [{ role: "user", content: "Norway?" }], stream: false },
  });
  expect(sent).toHaveLength(2);
  expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 4 });
});

test("`instructions`, `temperature` and `maxTokens` go with each prompt", async () => {
  const { fetch, sent } = answerWith(answer("Oslo"));
  const chat = new MyProviderChat({ ...options, fetch, instructions: "One word.", temperature: 0, maxTokens: 9 });
  await chat.invoke("Norway?");
  expect(sent[0]?.body).toEqual({
    model: "chat-1",
    messages: [
      { role: "system", content: "One word." },
      { role: "user", content: "Norway?" },
    ],
    temperature: 0,
    max_tokens: 9,
    stream: false,
  });
});

test("a prompt weighs its UTF-8 bytes, and as much as its answer may be long", () => {
  const weightOf = (own: MyProviderChatOptions, prompt: string): Weight =>
    new MyProviderChat({ ...options, ...own }).settings.weigh?.(prompt) ?? {};
  const { tokens = 0 } = weightOf({}, "é");
  expect(tokens).toBeGreaterThanOrEqual(2);
  expect(weightOf({}, "é".repeat(10)).tokens).toBe(tokens + 18);
  expect(weightOf({ maxTokens: 500 }, "é")).toEqual({ tokens, outputTokens: 500 });
  expect(weightOf({}, "é").outputTokens).toBe(ANSWER_TOKENS);
  expect(weightOf({ instructions: "One word." }, "é").tokens).toBeGreaterThan(tokens);
});

test("P52 a message without content is an error, an empty text is not, and a list of parts is its text", async () => {
  const parts = [
    { type: "thinking", thinking: "Norway." },
    { type: "text", text: "Oslo" },
  ];
  const { fetch } = answerWith(answer(null), answer(""), answer(parts));
  const chat = new MyProviderChat({ ...options, fetch });
  expect(await failureOf(chat.invoke("a"))).toMatchObject({ name: "ResultError" });
  expect(await chat.invoke("a")).toMatchObject({ text: "" });
  expect(await chat.invoke("a")).toMatchObject({ text: "Oslo" });
});

test("P51 an answer that is cut at its longest says so, and one that a filter holds back is an error", async () => {
  const { fetch } = answerWith(answer("Os", "length"), answer(null, "length"), answer("Os", "content_filter"));
  const chat = new MyProviderChat({ ...options, fetch });
  expect(await chat.invoke("a")).toEqual({ text: "Os", finishReason: "length" });
  expect(await chat.invoke("a")).toEqual({ text: "", finishReason: "length" });
  expect(await failureOf(chat.invoke("a"))).toMatchObject({ name: "ResultError" });
});

test("P51 half a text that ends with an error may be tried again, and is never an answer", async () => {
  const { fetch } = answerWith(answer("Os", "error"));
  const chat = new MyProviderChat({ ...options, fetch });
  expect(await failureOf(chat.invoke("a"))).toMatchObject({ code: "provider_error", retryable: true });
});
