import { describe, expect, test } from "vitest";

import { ManualClock } from "../fixtures/manual-clock.ts";
import { eventsOf, post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const ask = (content: unknown, changes: object = {}): object => ({
  model: "gpt-5-mini",
  messages: [{ role: "user", content }],
  ...changes,
});
const schema = { type: "object", properties: { answer: { type: "string" }, sure: { type: "boolean" } } };

test("an answer as OpenAI sends it", async () => {
  await using emulator = await startEmulator({ clock: new ManualClock(), limits: { tokensPerMinute: 1000 } });
  const reply = await post(`${emulator.url}/v1/chat/completions`, ask("How are you?"));
  expect(reply.headers.get("x-ratelimit-remaining-tokens")).toBe("986");
  expect(reply.body).toMatchInlineSnapshot(`
    {
      "choices": [
        {
          "finish_reason": "stop",
          "index": 0,
          "logprobs": null,
          "message": {
            "annotations": [],
            "content": "Echo: How are you?",
            "refusal": null,
            "role": "assistant",
          },
        },
      ],
      "created": 1767225600,
      "id": "chatcmpl-c907b2fe00000001",
      "model": "gpt-5-mini",
      "object": "chat.completion",
      "service_tier": "default",
      "usage": {
        "completion_tokens": 6,
        "completion_tokens_details": {
          "audio_tokens": 0,
          "reasoning_tokens": 0,
        },
        "prompt_tokens": 8,
        "prompt_tokens_details": {
          "audio_tokens": 0,
          "cached_tokens": 0,
        },
        "total_tokens": 14,
      },
    }
  `);
});

test("the last message of the user is answered, whatever it is made of", async () => {
  await using emulator = await startEmulator();
  const messages = [
    { role: "system", content: "be kind" },
    { role: "user", content: "first" },
    { role: "assistant", content: null, tool_calls: [{ id: "1" }] },
    { role: "tool", content: "4" },
    {
      role: "user",
      content: [
        { type: "text", text: "second" },
        { type: "image_url", image_url: { url: "x" } },
      ],
    },
  ];
  const { body } = await post(`${emulator.url}/v1/chat/completions`, ask("", { messages }));
  expect(body.choices[0].message.content).toBe("Echo: second\n");
});

test("reply decides what a model says", async () => {
  await using emulator = await startEmulator({
    reply: ({ provider, model, prompt }) => `${provider} ${model} ${prompt}`,
  });
  const { body } = await post(`${emulator.url}/v1/chat/completions`, ask("hi"));
  expect(body.choices[0].message.content).toBe("openai gpt-5-mini hi");
});

test("JSON that fits a schema, or any JSON object", async () => {
  await using emulator = await startEmulator();
  const content = async (response_format: object): Promise<unknown> =>
    JSON.parse(
      (await post(`${emulator.url}/v1/chat/completions`, ask("hi", { response_format }))).body.choices[0].message
        .content,
    );
  expect(await content({ type: "json_schema", json_schema: { name: "s", schema } })).toEqual({
    answer: "hi",
    sure: true,
  });
  expect(await content({ type: "json_object" })).toEqual({ answer: "hi" });
});

test("a limit on tokens cuts the answer off, and says so", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  for (const name of ["max_completion_tokens", "max_tokens"]) {
    const { body } = await post(`${emulator.url}/v1/chat/completions`, ask("x".repeat(34), { [name]: 5 }));
    expect(body.choices[0]).toMatchObject({ finish_reason: "length", message: { content: `Echo: ${"x".repeat(14)}` } });
    expect(body.usage.completion_tokens).toBe(5);
  }
});

test("several choices, each of them charged", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const { body } = await post(`${emulator.url}/v1/chat/completions`, ask("xx", { n: 3 }));
  expect(body.choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1, 2]);
  expect(body.usage.completion_tokens).toBe(6);
  expect(emulator.stats().tokensAdmitted).toBe(body.usage.total_tokens);
});

describe("a stream", () => {
  test("has a role, pieces, an end, usage when it is asked for, and [DONE]", async () => {
    await using emulator = await startEmulator();
    const request = ask("one two", { stream: true, stream_options: { include_usage: true } });
    const reply = await post(`${emulator.url}/v1/chat/completions`, request);
    expect(reply.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = eventsOf(reply.text);
    expect(events.at(-1)?.data).toBe("[DONE]");
    const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta)).toEqual([
      { role: "assistant", content: "", refusal: null },
      { content: "Echo: " },
      { content: "one " },
      { content: "two" },
      {},
      undefined,
    ]);
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason ?? null)).toEqual([
      null,
      null,
      null,
      null,
      "stop",
      null,
    ]);
    expect(chunks[0].usage).toBeNull();
    expect(chunks.at(-1).usage.total_tokens).toBe(emulator.stats().tokensAdmitted);
    const plain = eventsOf((await post(`${emulator.url}/v1/chat/completions`, ask("a", { stream: true }))).text);
    expect(plain.some(({ data }) => data.includes("usage"))).toBe(false);
  });

  test("spreads over the latency, from a quarter of it on", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, latency: { baseMs: 400 } });
    const pending = post(`${emulator.url}/v1/chat/completions`, ask("one two", { stream: true }));
    await clock.timers(1);
    expect(clock.due).toEqual([100]);
    expect((await clock.run(pending)).status).toBe(200);
    expect(clock.now()).toBe(400);
  });

  test("of very many words has at most 200 pieces", async () => {
    await using emulator = await startEmulator({ tokens: "fast" });
    const words = Array.from({ length: 5000 }, (_, number) => `word${number}`).join(" ");
    const events = eventsOf((await post(`${emulator.url}/v1/chat/completions`, ask(words, { stream: true }))).text);
    expect(events.length).toBeLessThan(210);
    const text = events.slice(0, -1).map(({ data }) => JSON.parse(data).choices[0].delta.content ?? "");
    expect(text.join("")).toBe(`Echo: ${words}`);
  });
});

describe("a 400", () => {
  test.each([
    ["no messages", { messages: undefined }, "messages", "missing_required_parameter"],
    ["messages that are not a list", { messages: "hi" }, "messages", "invalid_type"],
    ["no message", { messages: [] }, "messages", "empty_array"],
    ["an unknown role", { messages: [{ role: "boss", content: "x" }] }, "messages[0].role", "invalid_value"],
    ["a message without content", { messages: [{ role: "user" }] }, "messages[0].content", "invalid_value"],
    ["an unknown format", { response_format: { type: "xml" } }, "response_format.type", "invalid_value"],
    [
      "a schema without a name",
      { response_format: { type: "json_schema", json_schema: { schema } } },
      "response_format.json_schema.name",
      "missing_required_parameter",
    ],
    [
      "no schema",
      { response_format: { type: "json_schema", json_schema: { name: "x" } } },
      "response_format.json_schema.schema",
      "missing_required_parameter",
    ],
    ["no tokens to answer in", { max_completion_tokens: 0 }, "max_completion_tokens", "integer_below_min_value"],
    ["129 choices", { n: 129 }, "n", "integer_above_max_value"],
  ])("%s", async (_name, changes, param, code) => {
    await using emulator = await startEmulator({ tokens: "fast" });
    const { status, body } = await post(`${emulator.url}/v1/chat/completions`, ask("x", changes));
    expect({ status, param: body.error.param, code: body.error.code }).toEqual({ status: 400, param, code });
  });

  test("a prompt that is too long", async () => {
    await using emulator = await startEmulator({ countTokens: (text) => (text === "long" ? 400_001 : 1) });
    const { body } = await post(`${emulator.url}/v1/chat/completions`, ask("long"));
    expect(body.error).toMatchObject({ param: "messages", code: "context_length_exceeded" });
  });
});

test("P9 usage left out, or null, in streams too", async () => {
  await using emulator = await startEmulator({ quirks: { usage: "missing" }, tokens: "fast" });
  expect((await post(`${emulator.url}/v1/chat/completions`, ask("x"))).body).not.toHaveProperty("usage");
  emulator.reset({ quirks: { usage: "null" } });
  expect((await post(`${emulator.url}/v1/chat/completions`, ask("x"))).body).toHaveProperty("usage", null);
  emulator.reset({ quirks: { usage: "zero" } });
  expect((await post(`${emulator.url}/v1/chat/completions`, ask("x"))).body.usage).toMatchObject({
    total_tokens: 0,
    prompt_tokens_details: { cached_tokens: 0 },
  });
});
