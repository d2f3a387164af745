import { expect, test } from "vitest";

import { eventsOf, post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const ask = (content: unknown, changes: object = {}): object => ({
  model: "command-a-03-2025",
  messages: [{ role: "user", content }],
  ...changes,
});

test("an answer as Cohere sends it", async () => {
  await using emulator = await startEmulator();
  const { body } = await post(`${emulator.url}/v2/chat`, ask("How are you?"));
  expect(body).toMatchInlineSnapshot(`
    {
      "finish_reason": "COMPLETE",
      "id": "00000000-0000-0000-c907-b2fe00000001",
      "message": {
        "content": [
          {
            "text": "Echo: How are you?",
            "type": "text",
          },
        ],
        "role": "assistant",
      },
      "usage": {
        "billed_units": {
          "input_tokens": 8,
          "output_tokens": 6,
        },
        "tokens": {
          "input_tokens": 8,
          "output_tokens": 6,
        },
      },
    }
  `);
});

test("JSON that fits a schema, or any JSON object", async () => {
  await using emulator = await startEmulator();
  const content = async (response_format: object): Promise<unknown> =>
    JSON.parse((await post(`${emulator.url}/v2/chat`, ask("hi", { response_format }))).body.message.content[0].text);
  expect(await content({ type: "json_object" })).toEqual({ answer: "hi" });
  const json_schema = { type: "object", properties: { a: { type: "string" } } };
  expect(await content({ type: "json_object", json_schema })).toEqual({ a: "hi" });
});

test("a limit on tokens cuts the answer off, and says so", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const { body } = await post(`${emulator.url}/v2/chat`, ask("x".repeat(34), { max_tokens: 5 }));
  expect(body).toMatchObject({ finish_reason: "MAX_TOKENS", usage: { tokens: { output_tokens: 5 } } });
});

test("a stream", async () => {
  await using emulator = await startEmulator();
  const events = eventsOf((await post(`${emulator.url}/v2/chat`, ask("one", { stream: true }))).text);
  expect(events.map((event) => event.name)).toEqual([
    "message-start",
    "content-start",
    "content-delta",
    "content-delta",
    "content-end",
    "message-end",
    undefined,
  ]);
  const data = events.slice(0, -1).map((event) => JSON.parse(event.data));
  expect(data.map((each) => each.delta?.message?.content?.text ?? "").join("")).toBe("Echo: one");
  expect(data.at(-1).delta).toMatchObject({ finish_reason: "COMPLETE", usage: { billed_units: { output_tokens: 3 } } });
  expect(events.at(-1)?.data).toBe("[DONE]");
});

test("P9 usage left out, or null", async () => {
  await using emulator = await startEmulator({ quirks: { usage: "missing" }, tokens: "fast" });
  expect((await post(`${emulator.url}/v2/chat`, ask("x"))).body).not.toHaveProperty("usage");
  emulator.reset({ quirks: { usage: "null" } });
  expect((await post(`${emulator.url}/v2/chat`, ask("x"))).body).toHaveProperty("usage", null);
});

test.each([
  { messages: undefined },
  { messages: [] },
  { messages: [{ role: "boss", content: "x" }] },
  { messages: [{ role: "user" }] },
  { response_format: { type: "xml" } },
  { max_tokens: 0 },
  { model: undefined },
])("a 400: %j", async (changes) => {
  await using emulator = await startEmulator();
  expect(await post(`${emulator.url}/v2/chat`, ask("x", changes))).toMatchObject({
    status: 400,
    body: { message: expect.any(String) },
  });
});
