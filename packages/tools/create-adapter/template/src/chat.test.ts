import { rateLimiter } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { answerWith } from "./fixtures/serve.ts";
import { MyProviderChat } from "./index.ts";

const options = { apiKey: "secret-key", baseURL: "http://localhost/v1" };

function answer(content: string | null): Response {
  return Response.json({ choices: [{ message: { content } }], usage: { prompt_tokens: 5, completion_tokens: 2 } });
}

test("each prompt is a request of its own, and its usage is reported", async () => {
  const { fetch, sent } = answerWith(answer("Oslo"), answer("Santiago"));
  const chat = new MyProviderChat({ ...options, model: "m", maxTokens: 9, fetch, limiter: rateLimiter() });
  let usage: unknown;
  const answers = await chat.batch(["Norway?", "Chile?"], {
    maxConcurrency: 1,
    onFinish: (report) => (usage = report.usage),
  });
  expect(answers).toEqual([{ text: "Oslo" }, { text: "Santiago" }]);
  expect(sent[0]).toEqual({
    url: "http://localhost/v1/chat/completions",
    headers: { authorization: "Bearer secret-key", "content-type": "application/json" },
    body: { model: "m", messages: [{ role: "user", content: "Norway?" }], max_tokens: 9 },
  });
  expect(sent).toHaveLength(2);
  expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 4 });
});

test("an answer without a text is an error, an empty one is not", async () => {
  const { fetch } = answerWith(answer(null), answer(""));
  const chat = new MyProviderChat({ ...options, fetch });
  expect(await failureOf(chat.invoke("a"))).toMatchObject({ name: "ResultError" });
  expect(await chat.invoke("a")).toEqual({ text: "" });
});
