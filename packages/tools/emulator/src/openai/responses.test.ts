import { describe, expect, test } from "vitest";

import { eventsOf, post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const ask = (input: unknown, changes: object = {}): object => ({ model: "gpt-5-mini", input, ...changes });

test("an answer as OpenAI sends it", async () => {
  await using emulator = await startEmulator();
  const { body } = await post(`${emulator.url}/v1/responses`, ask("How are you?", { instructions: "Be kind." }));
  expect(body).toMatchInlineSnapshot(`
    {
      "created_at": 1767225600,
      "error": null,
      "id": "resp_c907b2fe00000001",
      "incomplete_details": null,
      "instructions": "Be kind.",
      "max_output_tokens": null,
      "metadata": {},
      "model": "gpt-5-mini",
      "object": "response",
      "output": [
        {
          "content": [
            {
              "annotations": [],
              "logprobs": [],
              "text": "Echo: How are you?",
              "type": "output_text",
            },
          ],
          "id": "msg_c907b2fe00000001",
          "role": "assistant",
          "status": "completed",
          "type": "message",
        },
      ],
      "parallel_tool_calls": true,
      "previous_response_id": null,
      "reasoning": {
        "effort": null,
        "summary": null,
      },
      "status": "completed",
      "store": true,
      "temperature": 1,
      "text": {
        "format": {
          "type": "text",
        },
      },
      "tool_choice": "auto",
      "tools": [],
      "top_p": 1,
      "truncation": "disabled",
      "usage": {
        "input_tokens": 15,
        "input_tokens_details": {
          "cached_tokens": 0,
        },
        "output_tokens": 6,
        "output_tokens_details": {
          "reasoning_tokens": 0,
        },
        "total_tokens": 21,
      },
    }
  `);
});

test("messages are an input too, and instructions cost tokens", async () => {
  await using emulator = await startEmulator();
  const input = [{ role: "user", content: [{ type: "input_text", text: "hi" }] }];
  const plain = await post(`${emulator.url}/v1/responses`, ask(input));
  expect(plain.body.output[0].content[0].text).toBe("Echo: hi");
  const instructed = await post(`${emulator.url}/v1/responses`, ask(input, { instructions: "Be kind." }));
  expect(instructed.body.usage.input_tokens).toBeGreaterThan(plain.body.usage.input_tokens);
});

test("JSON that fits a schema, and the format comes back", async () => {
  await using emulator = await startEmulator();
  const format = { type: "json_schema", name: "s", schema: { type: "object", properties: { a: { type: "integer" } } } };
  const { body } = await post(`${emulator.url}/v1/responses`, ask("hi", { text: { format } }));
  expect(JSON.parse(body.output[0].content[0].text)).toEqual({ a: 1 });
  expect(body.text.format).toEqual(format);
});

test("a limit on tokens makes the answer incomplete", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const request = ask("x".repeat(200), { max_output_tokens: 16 });
  const { body } = await post(`${emulator.url}/v1/responses`, request);
  expect(body).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    output: [{ status: "incomplete" }],
    usage: { output_tokens: 16 },
  });
  const events = eventsOf((await post(`${emulator.url}/v1/responses`, { ...request, stream: true })).text);
  expect(events.at(-1)?.name).toBe("response.incomplete");
});

test("a stream builds the response up", async () => {
  await using emulator = await startEmulator();
  const events = eventsOf((await post(`${emulator.url}/v1/responses`, ask("one", { stream: true }))).text);
  expect(events.map((event) => event.name)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  const data = events.map((event) => JSON.parse(event.data));
  expect(data.map((each) => each.sequence_number)).toEqual([...events.keys()]);
  expect(data.map((each) => each.type)).toEqual(events.map((event) => event.name));
  expect(data.map((each) => each.delta ?? "").join("")).toBe("Echo: one");
  expect(data[0].response).toMatchObject({ status: "in_progress", output: [], usage: null });
  const whole = await post(`${emulator.url}/v1/responses`, ask("one"));
  expect(data.at(-1).response.output[0].content).toEqual(whole.body.output[0].content);
  expect(data.at(-1).response.usage).toEqual(whole.body.usage);
});

describe("a 400", () => {
  test.each([
    ["no input", { input: undefined }, "input", "missing_required_parameter"],
    ["an empty list", { input: [] }, "input", "empty_array"],
    ["a message without content", { input: [{ role: "user" }] }, "input[0].content", "invalid_value"],
    ["too few tokens to answer in", { max_output_tokens: 15 }, "max_output_tokens", "integer_below_min_value"],
    [
      "a schema without a name",
      { text: { format: { type: "json_schema" } } },
      "text.format.name",
      "missing_required_parameter",
    ],
    ["no model", { model: undefined }, null, null],
  ])("%s", async (_name, changes, param, code) => {
    await using emulator = await startEmulator({ tokens: "fast" });
    const { status, body } = await post(`${emulator.url}/v1/responses`, ask("x", changes));
    expect({ status, param: body.error.param, code: body.error.code }).toEqual({ status: 400, param, code });
  });
});

test("P9 usage left out", async () => {
  await using emulator = await startEmulator({ quirks: { usage: "missing" }, tokens: "fast" });
  const { body } = await post(`${emulator.url}/v1/responses`, ask("x"));
  expect(body.usage ?? null).toBeNull();
});
