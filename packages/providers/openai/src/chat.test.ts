import {
  ArgumentError,
  type CallReport,
  InputError,
  ProviderError,
  ResultError,
  type StandardSchema,
  type Weight,
} from "@batchwise/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { collected, completion, events, refusedWith, type SentRequest, wire, type Wire } from "./fixtures/wire.ts";
import { type ChatInput, type ChatResult, OpenAIChat, type OpenAIChatOptions } from "./index.ts";

const city = z.object({ name: z.string(), people: z.number().int() });

test("the wire: a text is a user's message", async () => {
  const { chat, requests } = make();
  expect(await chat.invoke("Hello")).toEqual({
    text: "Hi",
    finishReason: "stop",
    message: { role: "assistant", content: "Hi", refusal: null },
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    model: "gpt-6-luna-2026-09-22",
  });
  expect(requests[0]!.url).toBe("https://api.openai.com/v1/chat/completions");
  expect(requests[0]!.body).toMatchInlineSnapshot(`
    {
      "messages": [
        {
          "content": "Hello",
          "role": "user",
        },
      ],
      "model": "gpt-6-luna",
      "stream": false,
    }
  `);
});

test("every option reaches the wire", async () => {
  const { chat, requests } = make({
    model: "gpt-5.4",
    instructions: "Be brief.",
    temperature: 0,
    maxTokens: 50,
    body: { reasoning_effort: "low", seed: 7 },
  });
  await chat.invoke("Hello");
  expect(requests[0]!.body).toEqual({
    model: "gpt-5.4",
    temperature: 0,
    max_completion_tokens: 50,
    reasoning_effort: "low",
    seed: 7,
    stream: false,
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
    ],
  });
});

test("an input may be a conversation, or a request of its own whose parameters win", async () => {
  const { chat, requests } = make({ temperature: 1, body: { seed: 7, top_p: 0.5 } });
  const messages = [
    { role: "user" as const, content: "Hello" },
    { role: "assistant" as const, content: "Hi" },
    { role: "user" as const, content: "Again" },
  ];
  await chat.invoke(messages);
  await chat.invoke({ messages, seed: 8, temperature: 0.2 });
  expect(requests.map(({ body }) => body)).toEqual([
    { model: "gpt-6-luna", temperature: 1, seed: 7, top_p: 0.5, messages, stream: false },
    { model: "gpt-6-luna", temperature: 0.2, seed: 8, top_p: 0.5, messages, stream: false },
  ]);
});

test("a schema: the model is told its JSON Schema, the output is the schema's", async () => {
  const { chat, requests } = make({ schema: city, schemaName: "city" }, () => completion('{"name":"Oslo","people":7}'));
  expect(await chat.invoke("Norway")).toEqual({ name: "Oslo", people: 7 });
  expect(requests[0]!.body.response_format).toMatchInlineSnapshot(`
    {
      "json_schema": {
        "name": "city",
        "schema": {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "additionalProperties": false,
          "properties": {
            "name": {
              "type": "string",
            },
            "people": {
              "maximum": 9007199254740991,
              "minimum": -9007199254740991,
              "type": "integer",
            },
          },
          "required": [
            "name",
            "people",
          ],
          "type": "object",
        },
        "strict": true,
      },
      "type": "json_schema",
    }
  `);
});

const OSLO = '{"name":"Oslo","people":7}';
const callOf = (name: string, text: string): object => ({
  id: "c",
  type: "function",
  function: { name, arguments: text },
});

test.for<[string, object]>([
  // vllm-project/vllm#19222, #50948: what is not thought is taken for thoughts
  ["where its thoughts would be", { reasoning_content: OSLO }],
  ["where its thoughts would be, in the newer word", { reasoning: `\n${OSLO}` }],
  // BerriAI/litellm#6741
  ["in the call of a tool that it made of the schema", { tool_calls: [callOf("json_tool_call", OSLO)] }],
  // Reported of Ollama and other small servers: arguments that are not written as a text
  ["in such a call, as an object", { tool_calls: [{ function: { name: "f", arguments: JSON.parse(OSLO) } }] }],
])("P52 JSON that a server puts %s is read", async ([, message]) => {
  for (const content of [null, ""]) {
    const { chat } = make({ schema: city }, () => completion(content, {}, message));
    expect(await chat.invoke("Where?")).toEqual({ name: "Oslo", people: 7 });
  }
  // The text counts, where there is one; and without a schema nothing is looked for.
  const { chat } = make({ schema: city }, () => completion('{"name":"Bergen","people":1}', {}, message));
  expect(await chat.invoke("Where?")).toEqual({ name: "Bergen", people: 1 });
});

// cloudflare/ai, `workers-ai-provider`: with a schema the server reads the JSON itself
test("P52 JSON that a server has read is the answer that a schema asks for, and none without one", async () => {
  const read = (): Response => completion(null, {}, { content: JSON.parse(OSLO) });
  expect(await make({ schema: city }, read).chat.invoke("Where?")).toEqual({ name: "Oslo", people: 7 });
  await expect(make({}, read).chat.invoke("Where?")).rejects.toThrow(ResultError);
});

// cloudflare/ai#651: a price of "$0.005" came as "$"
test("P52 numbers where a stream's texts should be are part of the text", async () => {
  const choice = (content: unknown): object => ({ choices: [{ index: 0, delta: { content } }] });
  const end = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
  const streamed = (): Response => events(choice("$"), choice(0.005), choice("."), end, "[DONE]");
  expect((await collected(make({}, streamed).chat.stream("How much?"))).join("")).toBe("$0.005.");
  expect((await make({}, streamed).chat.invoke("How much?")).text).toBe("$0.005.");
});

test.for<[string, object, object?]>([
  ["in the middle of thoughts", { reasoning_content: `Perhaps ${OSLO}?` }],
  ["in one call of two", { tool_calls: [callOf("a", OSLO), callOf("b", OSLO)] }],
  ["that is a list", { tool_calls: [{ function: { name: "f", arguments: [] } }] }],
  ["in the call of a tool that was asked for", { tool_calls: [callOf("a", OSLO)] }, { body: { tools: [] } }],
])("P52 JSON %s is not an answer", async ([, message, options]) => {
  const { chat } = make({ schema: city, ...options }, () => completion("", {}, message));
  await expect(chat.invoke("Where?")).rejects.toThrow(ResultError);
});

test("L6 an answer that the schema refuses fails its own input", async () => {
  const { chat } = make({ schema: city }, ({ body }) => completion(body.messages[0].content));
  const slots = await chat.batch(['{"name":"Oslo","people":7}', '{"name":"Oslo"}', "no JSON"], {
    returnExceptions: true,
  });
  expect(slots[0]).toEqual({ name: "Oslo", people: 7 });
  expect(slots[1]).toBeInstanceOf(ResultError);
  expect((slots[1] as Error).message).toMatch(
    /^Expected an output that the schema takes, got one that it refuses: people: /,
  );
  expect((slots[2] as Error).message).toBe(
    "Expected JSON from the model, got another text. Tell it to answer in JSON, try again, or use another model.",
  );
});

test.for<[string, object, object, string]>([
  ["a refusal", {}, { content: null, refusal: "I can't tell you the secret" }, "got a refusal of the model's"],
  [
    "the content filter",
    { finish_reason: "content_filter" },
    {},
    "got one that the provider's content filter holds back",
  ],
])("%s is an error, with a schema or without, and is not quoted", async ([, choice, message, expected]) => {
  for (const schema of [undefined, city as StandardSchema<unknown, unknown>]) {
    const { chat } = make<unknown>(schema && { schema }, () => completion("{}", choice, message));
    const error: unknown = await chat.invoke("Hello").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ResultError);
    expect((error as Error).message).toContain(expected);
    expect((error as Error).message).not.toContain("secret");
  }
});

test("an answer that was cut is an error with a schema, and tells so without one", async () => {
  const cut = (): Response => completion('{"name":"Os', { finish_reason: "length" });
  expect((await make({}, cut).chat.invoke("Hello")).finishReason).toBe("length");
  const error: unknown = await make({ schema: city }, cut)
    .chat.invoke("Hello")
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ResultError);
  expect((error as Error).message).toContain("got one that was cut at its longest. Raise `maxTokens`");
});

test("tool calls come with the message, without a text", async () => {
  const calls = [{ id: "call_1", type: "function", function: { name: "look", arguments: "{}" } }];
  const { chat } = make({}, () => completion(null, { finish_reason: "tool_calls" }, { tool_calls: calls }));
  const { text, finishReason, message } = await chat.invoke("Hello");
  expect([text, finishReason, message.tool_calls]).toEqual(["", "tool_calls", calls]);
});

test.for([[{ choices: [] }], [{ choices: null }], [{ choices: [null] }], [{ choices: [{ message: {} }] }]])(
  "L13 an answer that is none (%j) is a ResultError",
  async ([body]) => {
    await expect(make({}, () => Response.json(body)).chat.invoke("Hello")).rejects.toThrow(ResultError);
  },
);

/** Contents that are an answer, and those that are none. */
test.for<[string, object, object, string | undefined]>([
  // reported of Mistral's reasoning models: UKGovernmentBEIS/inspect_ai#2000, brainlid/langchain#418
  ["parts", { content: [{ type: "thinking", thinking: [] }, { type: "text", text: "a" }, { text: "b" }] }, {}, "ab"],
  ["no text", { content: "" }, {}, ""],
  ["null", { content: null }, {}, undefined],
  ["thoughts alone", { content: null, reasoning_content: "Hm." }, {}, undefined],
  ["parts without text", { content: [{ type: "thinking" }] }, {}, undefined],
  ["no calls", { content: null, tool_calls: [] }, {}, undefined],
  // diegosouzapw/OmniRoute#9196, promptfoo/promptfoo#3033
  ["calls", { content: null, tool_calls: [{ id: "1" }] }, {}, ""],
  ["a call of the older kind", { content: null, function_call: { name: "f" } }, {}, ""],
  ["a cut before the first word", { content: null }, { finish_reason: "length" }, ""],
  // sgl-project/sglang#3912
  ["an empty reason", { content: "a" }, { finish_reason: "" }, "a"],
  // can1357/oh-my-pi#7465
  ["nothing, by an Ollama that has only loaded the model", { content: "" }, { finish_reason: "load" }, undefined],
  // SillyTavern/SillyTavern#2121
  ["a text in its place", {}, { text: " False", message: undefined }, " False"],
])("P52 a message with %s", async ([, message, changes, text]) => {
  const { chat } = make({}, () => completion(null, changes, { content: undefined, ...message }));
  const answer = await chat.invoke("Hello").then(
    (result) => result.text,
    (error: Error) => error.constructor,
  );
  expect(answer).toBe(text ?? ResultError);
});

/** Answers with a good status that are a failure, or half an answer. */
test.for<[string, object, object, object]>([
  // maximhq/bifrost#5425, https://openrouter.ai/docs/api/reference/errors-and-debugging
  ["gave it up", { finish_reason: "error" }, {}, { providerCode: "error" }],
  ["tells why", { finish_reason: "error", error: { code: 502, message: "m" } }, {}, { status: 502 }],
  ["tells why beside it", { finish_reason: "error" }, { error: { code: 429, message: "m" } }, { code: "rate_limited" }],
  ["tells it in a word", {}, { error: "upstream failed" }, {}],
  // genkit-ai/genkit#6259 (z.AI, DeepSeek); vLLM's finish_reason "abort"
  ["lost its network", { finish_reason: "network_error" }, {}, {}],
  ["has no room", { finish_reason: "insufficient_system_resource" }, {}, {}],
  // kekzl/imp#1590, tinyhumansai/opencompany#1779; reported of Google's endpoint for OpenAI's SDK
  ["canceled it", { finish_reason: "cancelled" }, {}, {}],
  ["failed", { finish_reason: "failed" }, {}, {}],
  ["can't read its own call", { finish_reason: "function_call_filter: MALFORMED_FUNCTION_CALL" }, {}, {}],
  ["aborted", { finish_reason: "abort" }, {}, {}],
])("P51 half an answer of a server that %s is worth another try", async ([, changes, beside, expected]) => {
  const { chat } = make({}, async () =>
    Response.json({ ...((await completion("Half", changes).json()) as object), ...beside }),
  );
  await expect(chat.invoke("Hello")).rejects.toMatchObject({ code: "provider_error", retryable: true, ...expected });
});

test("P51 an answer beside an error that is none is an answer", async () => {
  const { chat } = make({}, async () => Response.json({ ...((await completion("Hi").json()) as object), error: null }));
  expect((await chat.invoke("Hello")).text).toBe("Hi");
});

// HKUDS/Vibe-Trading#308, bespokelabsai/curator#261: Google's own words; z.AI's; pydantic/pydantic-ai#7817,
// camel-ai/camel#4261: Bedrock's.
test.for([
  "guardrail_intervened",
  "content_filtered",
  "sensitive",
  "SAFETY",
  "content_filter: RECITATION",
  "IMAGE_PROHIBITED_CONTENT",
])("P51 what a filter of another name (%s) holds back is an error", async (reason) => {
  const { chat } = make({}, () => completion("Half", { finish_reason: reason }));
  await expect(chat.invoke("Hello")).rejects.toThrow("content filter");
});

const streamed = (...deltas: object[]): object[] =>
  deltas.map((delta) => ({ model: "m", choices: [{ index: 0, delta }] }));

/** unslothai/unsloth#6570: a stream that was not asked for. */
test.for<[string, (object | string)[], object]>([
  [
    "with a reason at its end",
    [...streamed({ content: "He" }, { content: "llo" }), { choices: [{ delta: {}, finish_reason: "length" }] }],
    { text: "Hello", finishReason: "length" },
  ],
  [
    "with a mark at its end",
    [...streamed({ role: "assistant", content: "Hello" }), "[DONE]"],
    { text: "Hello", finishReason: "stop" },
  ],
  // decolua/9router#3492: an answer that is whole, closed as a stream is
  [
    "of one whole answer",
    [{ choices: [{ index: 0, message: { content: "Hello" }, finish_reason: "stop" }] }, "[DONE]"],
    { text: "Hello" },
  ],
  [
    "with usage",
    [...streamed({ content: "Hello" }), { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }, "[DONE]"],
    { usage: { inputTokens: 3, outputTokens: 2 } },
  ],
  [
    "with calls",
    [
      ...streamed(
        { tool_calls: [{ index: 0, id: "1", function: { name: "f", arguments: '{"a"' } }] },
        { tool_calls: [{ index: 0, function: { arguments: ": 1}" } }] },
      ),
      "[DONE]",
    ],
    {
      text: "",
      message: { tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: '{"a": 1}' } }] },
    },
  ],
])("P51 a body of events %s is read, for one call", async ([, chunks, expected]) => {
  const { chat, requests } = make({}, () => events(...chunks));
  expect(await chat.invoke("Hello")).toMatchObject(expected);
  expect(requests).toHaveLength(1);
});

test.for<[string, (object | string)[], object]>([
  ["breaks off", streamed({ content: "He" }), { code: "network_error", retryable: true }],
  ["fails", [...streamed({ content: "He" }), { error: { code: 502 } }], { code: "provider_error", retryable: true }],
  [
    "gives up",
    [...streamed({ content: "He" }), { choices: [{ delta: {}, finish_reason: "error" }] }, "[DONE]"],
    { code: "provider_error", retryable: true },
  ],
])("P51 a body of events that %s is not an answer", async ([, chunks, expected]) => {
  await expect(make({}, () => events(...chunks)).chat.invoke("Hello")).rejects.toMatchObject(expected);
});

test.for([null, undefined, 7, [], {}, { messages: [] }, { messages: "Hello" }])(
  "an input that is no prompt (%j) is an InputError, and nothing is sent",
  async (input) => {
    const { chat, requests } = make();
    await expect(chat.invoke(input as ChatInput)).rejects.toThrow(InputError);
    expect(requests).toHaveLength(0);
  },
);

// https://api-docs.deepseek.com/guides/kv_cache: a part of the prompt, at a tenth of its price
test("P56 what DeepSeek had cached is told as cached", async () => {
  const usage = { prompt_tokens: 30, completion_tokens: 2, total_tokens: 32, prompt_cache_hit_tokens: 20 };
  const { chat } = make({}, () => Response.json({ choices: [{ message: { content: "a" } }], usage }));
  const reports: CallReport[] = [];
  await chat.invoke("Hi", { report: (report) => reports.push(report) });
  expect(reports.at(-1)?.usage).toEqual({ inputTokens: 30, cachedInputTokens: 20, outputTokens: 2, totalTokens: 32 });
});

// router-for-me/CLIProxyAPI#5733, mozilla-ai/any-llm#1290 (Google)
test("P56 thoughts that only the sum of a usage has are part of what was paid for", async () => {
  const usage = { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 };
  const { fetch } = wire(() => Response.json({ choices: [{ message: { content: "a" } }], usage }));
  const reports: CallReport[] = [];
  const report = (each: CallReport): void => void reports.push(each);
  await new OpenAIChat({ apiKey: "key", fetch, model: "m" }).invoke("a", { report });
  expect(reports.at(-1)?.usage).toEqual({ inputTokens: 20, outputTokens: 603, totalTokens: 623 });
});

test("reports what was used, for answers that are of no use too", async () => {
  const reports: CallReport[] = [];
  const { chat } = make({ schema: city }, () => completion("no JSON"));
  const call = chat.invoke("Hello", { report: (report) => reports.push(report) });
  await expect(call).rejects.toThrow(ResultError);
  expect(reports).toEqual([{}, { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } }]);
});

test("weighs the prompt by bytes, and what the answer may have at most; never throws", () => {
  const weightOf = (options: Partial<OpenAIChatOptions>, input: unknown): Weight =>
    make(options).chat.settings.weigh!(input as ChatInput);
  const weigh = (options: Partial<OpenAIChatOptions>, input: unknown): number => weightOf(options, input).tokens ?? 0;
  const prompt = weigh({}, "Hello");
  expect(prompt).toBeGreaterThanOrEqual(5);
  expect(weightOf({}, "Hello").outputTokens).toBeUndefined();
  expect(weightOf({ maxTokens: 100 }, "Hello")).toEqual({ tokens: prompt, outputTokens: 100 });
  expect(weigh({ instructions: "x".repeat(50) }, "Hello")).toBeGreaterThanOrEqual(prompt + 50);
  expect(weigh({ schema: city as never }, "Hello")).toBeGreaterThan(prompt + 50);
  const messages = [{ role: "user", content: [{ type: "text", text: "Hello" }] }];
  expect(weightOf({ maxTokens: 100 }, { messages, max_completion_tokens: 7 }).outputTokens).toBe(7);
  expect(weightOf({ maxTokens: 100 }, { messages, max_tokens: 8 }).outputTokens).toBe(8);
  // A picture's address or base64 is not read as text.
  const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(100_000)}` } };
  expect(weigh({}, { messages: [{ role: "user", content: [picture] }] })).toBeLessThan(2000);
  const circular: { self?: unknown } = {};
  circular.self = circular;
  for (const wrong of [undefined, null, 7, circular, { messages: 3 }]) {
    expect(weigh({}, wrong)).toBeGreaterThanOrEqual(0);
  }
});

test("settings: concurrency for single calls, and the model's price", () => {
  expect(make().chat.settings).toMatchObject({
    maxConcurrency: 256,
    retry: { attempts: 6 },
    price: { perMillionInputTokens: 0.1, perMillionOutputTokens: 0.5 },
  });
  expect(make().chat.settings.request).toBeUndefined();
});

test("stream: the text as it comes, and what was used at the end", async () => {
  const chunk = (delta: object, finish: string | null = null): object => ({
    choices: [{ index: 0, delta, finish_reason: finish }],
    usage: null,
  });
  const { chat, requests } = make({ maxTokens: 9 }, () =>
    events(
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Hel" }),
      chunk({ content: "lo" }),
      chunk({}, "stop"),
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
      "[DONE]",
    ),
  );
  const reports: CallReport[] = [];
  const parts = await collected(chat.stream("Hi", { report: (report) => reports.push(report) }));
  expect(parts).toEqual(["Hel", "lo"]);
  expect(reports.filter(({ usage }) => usage !== undefined)).toEqual([
    { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } },
  ]);
  expect(requests[0]!.body).toMatchObject({
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: 9,
  });
});

test.for<[string, object[], object]>([
  ["breaks off", [{ choices: [{ delta: { content: "He" } }] }], { code: "network_error", retryable: true }],
  ["fails", [{ error: { code: "server_error" } }], { code: "provider_error", retryable: true }],
  ["runs into a limit", [{ error: { code: "rate_limit_exceeded" } }], { code: "rate_limited", retryable: true }],
  ["is filtered", [{ choices: [{ delta: {}, finish_reason: "content_filter" }] }], { code: "invalid_result" }],
  ["is refused", [{ choices: [{ delta: { refusal: "no" }, finish_reason: "stop" }] }], { code: "invalid_result" }],
  [
    "gives up",
    [{ choices: [{ delta: { content: "He" }, finish_reason: "error" }] }],
    { code: "provider_error", retryable: true },
  ],
  // reVrost/go-openrouter#43
  [
    "gives up by the model's own word",
    [
      {
        choices: [{ delta: { content: "He" }, finish_reason: "stop", native_finish_reason: "MALFORMED_FUNCTION_CALL" }],
      },
    ],
    { code: "provider_error", retryable: true, providerCode: "MALFORMED_FUNCTION_CALL" },
  ],
])("P51 a stream that %s is an error", async ([, chunks, expected]) => {
  const { chat } = make({}, () => events(...chunks));
  await expect(collected(chat.stream("Hi"))).rejects.toMatchObject(expected);
});

// open-learning-exchange/planet#10281 (Gemini), vercel/ai#19165
test("P51 a stream without a reason that ended with its mark is whole", async () => {
  const { chat } = make({}, () => events({ choices: [{ delta: { content: "He" }, finish_reason: null }] }, "[DONE]"));
  expect(await collected(chat.stream("Hi"))).toEqual(["He"]);
});

test("P12 an aborted stream throws the signal's reason; one that is left ends the request", async () => {
  let signal: AbortSignal | undefined;
  const endless = (request: SentRequest): Response => {
    ({ signal } = request);
    const body = new ReadableStream({
      pull: (stream) => stream.enqueue(new TextEncoder().encode('data: {"choices":[{"delta":{"content":"x"}}]}\n\n')),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const controller = new AbortController();
  const reason = new Error("no longer wanted");
  await expect(async () => {
    for await (const part of make({}, endless).chat.stream("Hi", { signal: controller.signal })) {
      if (part === "x") controller.abort(reason);
    }
  }).rejects.toBe(reason);

  for await (const part of make({}, endless).chat.stream("Hi")) if (part === "x") break;
  expect(signal!.aborted).toBe(true);
});

test("a parameter of one input is the input's fault, one of all inputs is not", async () => {
  const refuse = (): Response => refusedWith(400, { param: "temperature", code: "invalid_value" });
  const messages = [{ role: "user" as const, content: "Hello" }];
  const code = async (options: Partial<OpenAIChatOptions>, input: ChatInput): Promise<unknown> =>
    make(options, refuse)
      .chat.invoke(input)
      .then(
        () => undefined,
        (error: ProviderError) => error.code,
      );
  expect(await code({ temperature: 2 }, messages)).toBe("invalid_argument");
  expect(await code({}, { messages, temperature: 2 })).toBe("invalid_input");
});

test.for<[string, unknown, string]>([
  ["model", undefined, "a non-empty string, got undefined"],
  ["model", 5, "a non-empty string, got 5"],
  ["instructions", "", "a non-empty string, got an empty string"],
  ["temperature", 3, "a number from 0 to 2, got 3"],
  ["maxTokens", 0, "a whole number from 1, got 0"],
  ["body", "x", "an object, got a string"],
  ["schema", {}, "a Standard Schema (Zod, Valibot, ArkType, ...), got an object"],
  ["schemaName", "two words", "at most 64 letters, digits, _ and -, got a string"],
])("%s refuses %s", ([name, value, message]) => {
  const options = { [name]: value } as Partial<OpenAIChatOptions>;
  expect(() => make(options)).toThrow(ArgumentError);
  expect(() => make(options)).toThrow(`Expected \`${name}\` to be ${message}`);
});

test("new OpenAIChat() without arguments says what it takes", () => {
  const Chat = OpenAIChat as new (options?: unknown) => object;
  for (const [options, got] of [
    [undefined, "undefined"],
    ["gpt-6-luna", "a string of length 10"],
  ] as const) {
    expect(() => new Chat(options)).toThrow(
      new ArgumentError(
        `Expected \`options\` to be an object, got ${got}. Write new OpenAIChat({ model: "gpt-6-luna" }).`,
      ),
    );
  }
});

test("an option that is misspelt is refused", () => {
  expect(() => make({ max_tokens: 5 } as object)).toThrow(
    "Expected only known options of OpenAIChat, got `max_tokens`. Did you mean `maxTokens`?",
  );
});

function make<Output = ChatResult>(
  options: Partial<OpenAIChatOptions<Output>> = {},
  answer: (request: SentRequest) => Response | Promise<Response> = () => completion("Hi"),
): Pick<Wire, "requests"> & { readonly chat: OpenAIChat<Output> } {
  const { fetch, requests } = wire(answer);
  return { requests, chat: new OpenAIChat<Output>({ apiKey: "test-key", fetch, model: "gpt-6-luna", ...options }) };
}
