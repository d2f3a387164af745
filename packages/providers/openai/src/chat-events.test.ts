import { ProviderError, ResultError } from "@batchwise/core";
import { describe, expect, test } from "vitest";
import { collected, events, wire } from "./fixtures/wire.ts";
import { OpenAIChat } from "./index.ts";

const of = (part: object, more: object = {}): object => ({ model: "m", choices: [{ index: 0, ...part }], ...more });
const delta = (fields: object, finishReason: unknown = null): object =>
  of({ delta: fields, finish_reason: finishReason });
const end = delta({}, "stop");
const tool = (fields: object, name: unknown, args: unknown): object =>
  delta({ tool_calls: [{ type: "function", function: { name, arguments: args }, ...fields }] });
const call = (id: string, name: string, args: string): object => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const X = '{"x":1}';

test.for<[string, object[], object[]]>([
  // NousResearch/hermes-agent#62940 (Google), sgl-project/sglang#6310
  [
    "the same place for all",
    [tool({ index: 0, id: "a" }, "f", X), tool({ index: 0, id: "b" }, "f", X)],
    [call("a", "f", X), call("b", "f", X)],
  ],
  ["no place", [tool({ id: "a" }, "f", X), tool({ id: "b" }, "g", "{}")], [call("a", "f", X), call("b", "g", "{}")]],
  [
    "pieces of two in turn",
    [
      tool({ index: 0, id: "a" }, "f", '{"x"'),
      tool({ index: 1, id: "b" }, "g", "{"),
      tool({ index: 0 }, undefined, ":1}"),
      tool({ index: 1 }, undefined, "}"),
    ],
    [call("a", "f", X), call("b", "g", "{}")],
  ],
  // langchain-ai/langchain#39335 (SiliconFlow)
  [
    "empty ids and names",
    [tool({ index: 0, id: "a" }, "f", '{"x"'), tool({ index: 0, id: "" }, "", ":"), tool({ id: null }, null, "1}")],
    [call("a", "f", X)],
  ],
  [
    "a name that is repeated",
    [tool({ index: 0, id: "a" }, "f", '{"x"'), tool({ index: 0, id: "a" }, "f", ":1}")],
    [call("a", "f", X)],
  ],
  ["arguments as an object", [tool({ index: 0, id: "a" }, "f", { x: 1 })], [call("a", "f", X)]],
])("P52 calls in events with %s", async ([, chunks, calls]) => {
  const { message } = await chatOn(events(...chunks, "[DONE]")).invoke("Hi");
  expect(message.tool_calls).toEqual(calls);
});

// Gateways that only pretend to stream; vllm-project/vllm and deepseek-ai have thoughts in fields of their own.
test("P52 a whole message after its pieces replaces them, and thoughts are kept", async () => {
  const whole = of({ message: { role: "assistant", content: "Hello" }, finish_reason: "stop" });
  const pieces = [delta({ reasoning_content: "h" }), delta({ reasoning_content: "m" }), delta({ content: "He" })];
  const chat = chatOn(events(...pieces, delta({ content: "llo" }), whole));
  expect(await chat.invoke("Hi")).toMatchObject({ text: "Hello", message: { reasoning_content: "hm" } });
  const calls = [call("", "f", X), call("", "g", X)];
  const called = of({ message: { content: null, tool_calls: calls }, finish_reason: "tool_calls" });
  const { message } = await chatOn(events(delta({ content: "Hm." }), called)).invoke("Hi");
  expect(message).toMatchObject({ content: "Hm.", tool_calls: calls });
  const empty = of({ message: { role: "assistant", content: "" }, finish_reason: "stop" });
  expect(await chatOn(events(delta({ content: "Hello" }), empty)).invoke("Hi")).toMatchObject({ text: "Hello" });
});

// groq/groq-python, types/chat/chat_completion_chunk.py: `x_groq.error`
test("P51 half an answer beside Groq's error is a failure that may pass", async () => {
  const failed = of({ delta: {}, finish_reason: null }, { x_groq: { id: "r", error: "over_capacity" } });
  const chat = (): OpenAIChat => chatOn(events(delta({ content: "Half" }), failed, "[DONE]"));
  const expected = { code: "provider_error", providerCode: "over_capacity", retryable: true };
  await expect(chat().invoke("Hi")).rejects.toMatchObject(expected);
  await expect(collected(chat().stream("Hi"))).rejects.toMatchObject(expected);
});

// developers.openai.com/api/reference/resources/chat: a part of an assistant's content; sgl-project/sglang: FINISH_ABORT
test.for<[string, object, string]>([
  ["a refusal in a part", { content: [{ type: "refusal", refusal: "No." }] }, "a refusal of the model's"],
  ["a reason in an object", { content: "Half" }, "one that it gave up (abort)"],
])("P51 %s is not an answer, live and in events", async ([, fields, words]) => {
  const reason = "content" in fields && fields.content === "Half" ? { type: "abort" } : "stop";
  const whole = Response.json(of({ message: { role: "assistant", ...fields }, finish_reason: reason }));
  const parts = (): Response => events(delta(fields, reason), "[DONE]");
  await expect(chatOn(whole).invoke("Hi")).rejects.toThrow(words);
  await expect(chatOn(parts()).invoke("Hi")).rejects.toThrow(words);
  await expect(collected(chatOn(parts()).stream("Hi"))).rejects.toThrow(words);
});

describe("a stream of a server that does otherwise", () => {
  const choices = (index: number, content: string): object => ({ choices: [{ index, delta: { content } }] });
  test.for<[string, () => Response, string[]]>([
    ["a message", () => events(of({ message: { content: "Hello" }, finish_reason: "stop" })), ["Hello"]],
    [
      "a message after its pieces",
      () => events(delta({ content: "Hel" }), of({ message: { content: "Hello" }, finish_reason: "stop" })),
      ["Hel", "lo"],
    ],
    // platform.openai.com/docs/api-reference/completions: the older form
    ["texts", () => events(of({ text: "Hel" }), of({ text: "lo", finish_reason: "stop" })), ["Hel", "lo"]],
    ["two choices", () => events(choices(0, "A"), choices(1, "B"), choices(0, "a"), end, "[DONE]"), ["A", "a"]],
    [
      "JSON",
      () => Response.json(of({ message: { role: "assistant", content: "Hello" }, finish_reason: "stop" })),
      ["Hello"],
    ],
    ["calls alone", () => events(tool({ index: 0, id: "a" }, "f", X), end), []],
    ["a length before its first word", () => events(delta({}, "length")), []],
  ])("P52 %s", async ([, answer, parts]) => {
    expect(await collected(chatOn(answer()).stream("Hi"))).toEqual(parts);
  });

  test.for<[string, () => Response, object]>([
    ["nothing said", () => events(delta({ role: "assistant" }), end, "[DONE]"), { code: "invalid_result" }],
    [
      "an error with 200",
      () => Response.json({ error: { code: "insufficient_quota", message: "m" } }),
      { code: "quota_exceeded", retryable: false },
    ],
    // sipeed/picoclaw#1075
    ["a page", () => new Response("<html>\nlogin</html>"), { code: "provider_error", retryable: true }],
    ["nothing", () => new Response(""), { code: "network_error" }],
  ])("P51 %s", async ([, answer, expected]) => {
    const error: unknown = await collected(chatOn(answer()).stream("Hi")).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    expect(ResultError.isInstance(error) || ProviderError.isInstance(error)).toBe(true);
  });
});

// platform.openai.com/docs/api-reference/chat: choices are known by their index
test("P6 of several choices the first one is the answer, wherever it is", async () => {
  const choice = (index: number, content: string): object => ({
    index,
    message: { role: "assistant", content },
    finish_reason: "stop",
  });
  const answer = Response.json({ choices: [choice(1, "B"), choice(0, "A")] });
  expect(await chatOn(answer).invoke("Hi")).toMatchObject({ text: "A" });
});

function chatOn(answer: Response): OpenAIChat {
  const { fetch } = wire(() => answer);
  return new OpenAIChat({ apiKey: "test-key", fetch, model: "m" });
}
