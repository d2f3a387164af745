import { createOpenAI as createOpenAIV2 } from "@ai-sdk/openai-v2";
import { createOpenAI as createOpenAIV3 } from "@ai-sdk/openai-v3";
import { createOpenAI } from "@ai-sdk/openai";
import { ArgumentError, type FinishReport, type Runnable } from "@batchwise/core";
import { FakeClock, failureOf, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type EmbeddingModel,
  fromEmbeddingModel,
  fromLanguageModel,
  type LanguageModel,
  type LanguageModelInput,
} from "./index.ts";

/** Answer of a server to a request's body, and to how many there were before it. */
type Answer = (body: { readonly input: string[] }, before: number) => Response;

/** A server of OpenAI's API, and how often it was asked. */
function serve(answer: Answer): { readonly fetch: typeof fetch; calls: number } {
  const server = {
    calls: 0,
    fetch: (_: unknown, init?: RequestInit): Promise<Response> =>
      Promise.resolve(answer(JSON.parse(init?.body as string), server.calls++)),
  };
  return server;
}

function chatBody(content: unknown, more: object = {}): object {
  const message = { role: "assistant", content };
  return { choices: [{ index: 0, message, finish_reason: "stop", ...more }], usage: USAGE };
}
const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const chatOf = (content: unknown, more?: object): Response => Response.json(chatBody(content, more));

/** The models of three versions of the AI SDK. */
const VERSIONS: [string, (fetch: typeof globalThis.fetch) => { chat: LanguageModel; embedding: EmbeddingModel }][] = [
  ["v2", (fetch) => modelsOf(createOpenAIV2({ apiKey: "key", fetch }))],
  ["v3", (fetch) => modelsOf(createOpenAIV3({ apiKey: "key", fetch }))],
  ["v4", (fetch) => modelsOf(createOpenAI({ apiKey: "key", fetch }))],
];
function modelsOf(openai: { chat(id: string): LanguageModel; textEmbeddingModel(id: string): EmbeddingModel }) {
  return { chat: openai.chat("m"), embedding: openai.textEmbeddingModel("e") };
}
const chatWith = (fetch: typeof globalThis.fetch): LanguageModel => createOpenAI({ apiKey: "key", fetch }).chat("m");

/** Outcomes of prompts in one batch on a fake clock. */
function batch(ours: Runnable<LanguageModelInput, unknown>, count = 20): Promise<unknown[]> {
  const clock = new FakeClock();
  const prompts = Array.from({ length: count }, (_, index) => `Prompt ${index}`);
  return runOn(clock, ours.batch(prompts, { returnExceptions: true, clock }));
}

describe.each(VERSIONS)("a model of specification version %s", (version, make) => {
  // mozilla-ai/any-llm#1290: Google's endpoint for OpenAI's SDK
  test("P56 thoughts that the sum of its usage alone has are output", async () => {
    const counts = { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 };
    const { fetch } = serve(() => Response.json({ ...chatBody("yes"), usage: counts }));
    let usage: unknown;
    await fromLanguageModel(make(fetch).chat).batch(["Why?"], { onFinish: (report) => (usage = report.usage) });
    expect(usage).toMatchObject({ inputTokens: 20, outputTokens: 603 });
  });

  test("answers, and its usage and reason are read", async () => {
    const { fetch } = serve(() => chatOf("yes"));
    const { chat } = make(fetch);
    expect(chat.specificationVersion).toBe(version);
    let usage: unknown;
    const [answer] = await fromLanguageModel(chat).batch(["Why?"], { onFinish: (report) => (usage = report.usage) });
    expect(answer).toEqual({ text: "yes", finishReason: "stop", content: [expect.objectContaining({ text: "yes" })] });
    expect(usage).toEqual({ inputTokens: 7, cachedInputTokens: 0, outputTokens: 3, totalTokens: 10, cost: 0 });
  });

  test("embeds, and rows are placed by their index", async () => {
    const { fetch } = serve(({ input }) => {
      const data = input.map((text, index) => ({ index, embedding: [text.length] })).toReversed();
      return Response.json({ data, usage: { prompt_tokens: 5, total_tokens: 5 } });
    });
    const { embedding } = make(fetch);
    expect(embedding.specificationVersion).toBe(version);
    let tokens = 0;
    const vectors = await fromEmbeddingModel(embedding).batch(["a", "bcd"], {
      onFinish: ({ usage }) => (tokens = usage.inputTokens),
    });
    expect(vectors).toEqual([Float32Array.of(1), Float32Array.of(3)]);
    expect(tokens).toBe(5);
  });

  // samfoy/pi-session-search#13, spring-projects/spring-ai#7019; texts: https://protobuf.dev/programming-guides/json/
  test.each<[string, (index: number) => unknown]>([
    ["0 is left out", (index) => index || undefined],
    ["0 is null", (index) => index || null],
    ["is a text", String],
  ])("P5 rows in any order are placed where the index %s", async (_, change) => {
    const { fetch } = serve(({ input }) => {
      const data = input.map((text, index) => ({ index: change(index), embedding: [text.length] }));
      return Response.json({ data: data.toReversed() });
    });
    const vectors = await fromEmbeddingModel(make(fetch).embedding).batch(["a", "bcd", "ef"]);
    expect(vectors).toEqual([1, 3, 2].map((length) => Float32Array.of(length)));
  });

  // Documented by OpenRouter (errors and debugging), reported of a client in razzant/claudexor#144.
  test.each(["error", "network_error", "insufficient_system_resource"])(
    "P51 half a text with finish_reason %s is tried again, never an answer",
    async (reason) => {
      const server = serve((_, before) =>
        before % 2 === 0 ? chatOf("ha", { finish_reason: reason }) : chatOf("half"),
      );
      const answers = await batch(fromLanguageModel(make(server.fetch).chat, { maxConcurrency: 1 }), 4);
      expect(answers).toEqual(answers.map(() => expect.objectContaining({ text: "half" })));
      expect(server.calls).toBe(8);
    },
  );

  // Documented by OpenRouter: errors in the middle of an answer; HKUDS/Vibe-Trading#308 for Google's words.
  // reVrost/go-openrouter#43
  test.each([
    ["MALFORMED_FUNCTION_CALL", { code: "provider_error", retryable: true }],
    ["MAX_TOKENS", { finishReason: "length" }],
    ["SAFETY", { finishReason: "content-filter" }],
  ])("P51 an end that the model calls %s, and the gateway a good one, is not", async (native, expected) => {
    const { fetch } = serve(() => chatOf("half", { native_finish_reason: native }));
    const answer = await fromLanguageModel(make(fetch).chat)
      .invoke("Why?")
      .catch((error: unknown) => error);
    expect(answer).toMatchObject(expected);
  });

  test("P51 half a text beside an error is tried again, and one that a filter held back says so", async () => {
    const error = { code: 502, message: "m" };
    const server = serve((_, before) =>
      before === 0 ? Response.json({ ...chatBody("ha"), error }) : chatOf("half", { finish_reason: "SAFETY" }),
    );
    const [answer] = await batch(fromLanguageModel(make(server.fetch).chat), 1);
    expect(answer).toMatchObject({ text: "half", finishReason: "content-filter" });
    expect(server.calls).toBe(2);
  });

  // Reported of OpenRouter in sunholo-data/ailang#842.
  test("P52 a message without content is an error, an empty text an answer", async () => {
    const none = serve(() => chatOf(null));
    expect(await failureOf(fromLanguageModel(make(none.fetch).chat).invoke("a"))).toMatchObject({
      code: "invalid_result",
    });
    const empty = serve(() => chatOf(""));
    expect(await fromLanguageModel(make(empty.fetch).chat).invoke("a")).toMatchObject({ text: "" });
    const tools = serve(() => {
      const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
      return Response.json(chatBody(null, { message: { role: "assistant", content: null, tool_calls: [call] } }));
    });
    expect(await fromLanguageModel(make(tools.fetch).chat).invoke("a")).toMatchObject({
      text: "",
      content: [{ type: "tool-call" }],
    });
  });
});

// vercel/ai#2378, nocodb/nocodb#14268, langchain-ai/langchain#31585.
const WRAPPED = [
  '{"n":1}',
  '```json\n{"n":1}\n```',
  '```json\n{"n":1}',
  '{"n":1}\n```',
  '<think>\n{"n":0}?\n</think>\n\n{"n":1}',
  '<think></think>```\n{"n":1}\n```',
];

describe("structured answers", () => {
  const schema = z.object({ n: z.number() });

  test("P48 JSON in a fence, half a fence, after thoughts: 20 of 20 in 20 calls", async () => {
    const server = serve((_, before) => chatOf(WRAPPED[before % WRAPPED.length]));
    const chat = fromLanguageModel(chatWith(server.fetch), { schema });
    expect(await batch(chat)).toEqual(Array.from({ length: 20 }, () => ({ n: 1 })));
    expect(server.calls).toBe(20);
  });

  test("P48 a format of JSON without a schema gives a text that is JSON", async () => {
    const server = serve((_, before) => chatOf(WRAPPED[before % WRAPPED.length]));
    const parameters = { responseFormat: { type: "json" } } as const;
    const answers = await batch(fromLanguageModel(chatWith(server.fetch), { parameters }));
    expect(answers).toEqual(answers.map(() => expect.objectContaining({ text: '{"n":1}' })));
    expect(server.calls).toBe(20);
    const prose = fromLanguageModel(chatWith(serve(() => chatOf("No.")).fetch), { parameters });
    expect(await failureOf(prose.invoke("a"))).toMatchObject({ code: "invalid_result" });
  });

  // vllm-project/vllm#19222, BerriAI/litellm#6741
  test.each<[string, object]>([
    ["where its thoughts would be", { reasoning_content: '{"n":1}' }],
    [
      "in the call of a tool that it made of the schema",
      { tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: '{"n":1}' } }] },
    ],
  ])("P52 JSON that a server puts %s is read", async (_, more) => {
    for (const [, make] of VERSIONS) {
      const server = serve(() => chatOf(null, { message: { role: "assistant", content: null, ...more } }));
      const { chat } = make(server.fetch);
      expect(await batch(fromLanguageModel(chat, { schema }))).toEqual(Array.from({ length: 20 }, () => ({ n: 1 })));
      expect(server.calls).toBe(20);
    }
    const prose = serve(() =>
      chatOf(null, { message: { role: "assistant", content: null, reasoning_content: "Hm." } }),
    );
    const [slot] = await batch(fromLanguageModel(chatWith(prose.fetch), { schema }), 1);
    expect(slot).toMatchObject({ code: "invalid_result" });
  });

  test("a text that is not asked to be JSON stays as it is", async () => {
    const server = serve(() => chatOf(WRAPPED[1]));
    expect(await fromLanguageModel(chatWith(server.fetch)).invoke("a")).toMatchObject({ text: WRAPPED[1] });
  });

  test("the schema is sent as a JSON Schema, or the one that is given", async () => {
    const bodies: unknown[] = [];
    const { fetch } = serve((body) => (bodies.push(body), chatOf('{"n":1}')));
    await fromLanguageModel(chatWith(fetch), { schema }).invoke("a");
    await fromLanguageModel(chatWith(fetch), { schema, jsonSchema: { type: "object", title: "mine" } }).invoke("a");
    const schemas = bodies.map((body: any) => body.response_format.json_schema.schema);
    expect(schemas).toMatchObject([{ properties: { n: { type: "number" } } }, { title: "mine" }]);
    expect(() => fromLanguageModel(chatWith(fetch), { jsonSchema: {} })).toThrow(ArgumentError);
  });

  test.each<[string, () => Response]>([
    ["no JSON", () => chatOf("Sorry.")],
    ["JSON of another shape", () => chatOf('{"n":"one"}')],
    ["JSON that was cut", () => chatOf('{"n":1', { finish_reason: "length" })],
    ["JSON that the filter held back", () => chatOf('{"n":1}', { finish_reason: "content_filter" })],
  ])("P48 %s is a ResultError", async (_, answer) => {
    const chat = fromLanguageModel(chatWith(serve(answer).fetch), { schema });
    expect(await failureOf(chat.invoke("a"))).toMatchObject({ code: "invalid_result" });
  });
});

describe("failures", () => {
  const failure = async (response: () => Response): Promise<Error & Record<string, unknown>> =>
    (await failureOf(fromLanguageModel(chatWith(serve(response).fetch)).invoke("a"))) as never;

  // Documented by OpenRouter: once a model has begun, the status is 200 whatever happens.
  test.each([
    [429, "rate_limited", true],
    [502, "provider_error", true],
    [402, "quota_exceeded", false],
  ])("P51 an error of %i in a body of 200 is judged by its own status", async (code, expected, retryable) => {
    const error = await failure(() => Response.json({ error: { code, message: "SECRET" } }));
    expect(error).toMatchObject({ code: expected, status: code, retryable });
    expect(error.message).not.toContain("SECRET");
  });

  // unslothai/unsloth#6570, kaito-project/kaito#1880.
  test("P51 a body of events is refused once", async () => {
    const events = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n';
    const headers = { "content-type": "text/event-stream" };
    for (const init of [{ headers }, {}]) {
      const server = serve(() => new Response(events, init));
      const [error] = await batch(fromLanguageModel(chatWith(server.fetch)), 1);
      expect(error).toMatchObject({ retryable: false, message: expect.stringContaining("a stream of events") });
      expect(server.calls).toBe(1);
    }
  });

  test.each<[string, () => Response]>([
    ["a proxy's page", () => new Response("<html>Bad gateway", { headers: { "content-type": "text/html" } })],
    ["no body", () => new Response("")],
    ["half a body", () => new Response('{"choices":[{"mess')],
    ["a body of another shape", () => Response.json({ ok: true })],
  ])("P42 %s with 200 may pass", async (_, response) => {
    expect(await failure(response)).toMatchObject({ retryable: true });
  });
});

// abetlen/llama-cpp-python#1588; lfnovo/open-notebook#610; CherryHQ/cherry-studio#15778 and api7/aisix#474 (Jina)
test.each<[string, (text: string) => unknown, object]>([
  ["one vector in a list", (text) => [[text.length, 1]], {}],
  ["base64", (text) => Buffer.from(Float32Array.of(text.length, 1).buffer).toString("base64"), {}],
  ["no tokens of the prompt", (text) => [text.length, 1], { usage: { total_tokens: 7 } }],
  ["a row that is null", (text) => (text === "Text 7" ? null : [text.length, 1]), {}],
])("P48 P53 vectors in a body that the model's own schema refuses (%s) are used", async (name, embedding, more) => {
  for (const [, make] of VERSIONS) {
    const server = serve(({ input }) => {
      const data = input.map((text, index) => ({ index, embedding: embedding(text) })).toReversed();
      return Response.json({ data, usage: USAGE, ...more });
    });
    const clock = new FakeClock();
    const texts = Array.from({ length: 300 }, (__, index) => `Text ${index}`);
    let tokens = 0;
    const options = { returnExceptions: true, clock, random: () => 0.5 } as const;
    const onFinish = ({ usage }: FinishReport): void => void (tokens = usage.inputTokens);
    const embeddings = fromEmbeddingModel(make(server.fetch).embedding);
    const slots = await runOn(clock, embeddings.batch(texts, { ...options, onFinish }));
    const lost = [...slots.keys()].filter((index) => slots[index] instanceof Error);
    expect(lost).toEqual(name === "a row that is null" ? [7] : []);
    const right = texts.map((text) => Float32Array.of(text.length, 1));
    expect(slots.filter((slot) => !(slot instanceof Error))).toEqual(right.filter((_, index) => !lost.includes(index)));
    expect(tokens).toBeGreaterThanOrEqual(7);
    expect(server.calls).toBeLessThanOrEqual(20);
  }
});

test("P48 a body of another kind for everybody ends the run soon", async () => {
  for (const [, make] of VERSIONS) {
    const server = serve(() => Response.json({ object: "list", data: [{ id: "m", object: "model" }] }));
    const clock = new FakeClock();
    const texts = Array.from({ length: 500 }, (__, index) => `Text ${index}`);
    const embeddings = fromEmbeddingModel(make(server.fetch).embedding);
    const slots = await runOn(clock, embeddings.batch(texts, { returnExceptions: true, clock, random: () => 0.5 }));
    expect(slots).toContainEqual(expect.objectContaining({ code: "invalid_argument" }));
    expect(server.calls).toBeLessThanOrEqual(20);
    expect(clock.now()).toBeLessThan(10_000);
  }
});

test("dimensions for a model that does not know them are refused, and vectors of another length are errors", async () => {
  const { fetch } = serve(({ input }) =>
    Response.json({ data: input.map((_, index) => ({ index, embedding: [1, 2, 3] })), usage: USAGE }),
  );
  for (const [, make] of VERSIONS.slice(0, 2)) {
    expect(() => fromEmbeddingModel(make(fetch).embedding, { dimensions: 2 })).toThrow(/`providerOptions`/);
  }
  const embeddings = fromEmbeddingModel(VERSIONS[2]![1](fetch).embedding, { dimensions: 2 });
  expect(await failureOf(embeddings.invoke("a"))).toMatchObject({ code: "invalid_result" });
});
