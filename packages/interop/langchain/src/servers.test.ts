import { FakeClock, failureOf, runOn } from "@batchwise/testkit";
import type { Runnable } from "@batchwise/core";
import { JsonOutputParser, StringOutputParser, StructuredOutputParser } from "@langchain/core/output_parsers";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { ChatOpenAI } from "@langchain/openai";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fromLangChain } from "./index.ts";

/** A choice of an answer: its message, and why it ended. */
interface Choice {
  readonly content: unknown;
  readonly refusal?: string;
  readonly reasoning_content?: string;
  readonly finish_reason?: string;
}

/** A server of OpenAI's chat completions and Responses, and how often it was asked. */
function serve(answer: (before: number) => Choice | object | string): { readonly fetch: typeof fetch; calls: number } {
  const server = {
    calls: 0,
    fetch: (_: unknown, init?: RequestInit): Promise<Response> => {
      const answered = answer(server.calls++);
      if (typeof answered === "string") return Promise.resolve(new Response(answered));
      if (!isChoice(answered)) return Promise.resolve(Response.json(answered));
      const { finish_reason = "stop", ...said } = answered;
      const message = { role: "assistant", ...said };
      const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
      const isChat = "messages" in (JSON.parse(init?.body as string) as object);
      const content = [{ type: "output_text", text: said.content, annotations: [] }];
      const output = [{ type: "message", id: "m", role: "assistant", status: "completed", content }];
      const responses = { id: "r", object: "response", status: "completed", model: "m", output };
      return Promise.resolve(
        Response.json(isChat ? { choices: [{ index: 0, message, finish_reason }], usage } : responses),
      );
    },
  };
  return server;
}

function isChoice(answer: object): answer is Choice {
  return "content" in answer;
}

const modelOf = ({ fetch }: { readonly fetch: typeof globalThis.fetch }, options: object = {}): ChatOpenAI =>
  new ChatOpenAI({ apiKey: "key", model: "gpt-5-mini", configuration: { fetch }, ...options });

/** Outcomes of 20 texts in one batch on a fake clock. */
function batch<Output>(ours: Runnable<BaseLanguageModelInput, Output>, count = 20): Promise<(Output | Error)[]> {
  const clock = new FakeClock();
  const texts = Array.from({ length: count }, (_, index) => `Text ${index}`);
  return runOn(clock, ours.batch(texts, { returnExceptions: true, clock }));
}

// langchain-ai/langchainjs#8339, langchain-ai/langchain#31585 and #35530.
const WRAPPED = [
  '{"n":1}',
  '```json\n{"n":1}\n```',
  '```json\n{"n":1}',
  '{"n":1}\n```',
  '<think>\n{"n":0}?\n</think>\n\n{"n":1}',
  '<think></think>```\n{"n":1}\n```',
];
const wrapped = () => serve((before) => ({ content: WRAPPED[before % WRAPPED.length] }));
const schema = z.object({ n: z.number() });
const prompt = ChatPromptTemplate.fromTemplate("{text}");

describe("P48 JSON in a fence, half a fence, after thoughts: 20 of 20", () => {
  test("in JSON mode, in 20 calls", async () => {
    const server = wrapped();
    const chain = modelOf(server).withStructuredOutput(schema, { method: "jsonMode" });
    expect(await batch(fromLangChain(chain))).toEqual(Array.from({ length: 20 }, () => ({ n: 1 })));
    expect(server.calls).toBe(20);
  });

  test.each([
    ["JsonOutputParser", () => new JsonOutputParser()],
    ["StructuredOutputParser", () => StructuredOutputParser.fromZodSchema(schema)],
  ])("where the prompt alone asks for it, by a %s, in 20 calls", async (_, parser) => {
    const server = wrapped();
    const chain = prompt.pipe(modelOf(server)).pipe(parser());
    const inputs = Array.from({ length: 20 }, () => ({ text: "a" }));
    expect(await fromLangChain(chain).batch(inputs, { returnExceptions: true })).toEqual(inputs.map(() => ({ n: 1 })));
    expect(server.calls).toBe(20);
  });

  test.each([false, true])(
    "where the SDK itself reads the JSON, in 20 calls (Responses: %s)",
    async (useResponsesApi) => {
      const server = wrapped();
      const chain = modelOf(server, { useResponsesApi }).withStructuredOutput(schema, { method: "jsonSchema" });
      expect(await batch(fromLangChain(chain))).toEqual(Array.from({ length: 20 }, () => ({ n: 1 })));
      expect(server.calls).toBe(20);
    },
  );

  test("with the message beside what is read of it, in 20 calls", async () => {
    const server = wrapped();
    const chain = modelOf(server).withStructuredOutput(schema, { method: "jsonSchema", includeRaw: true });
    const answers = await batch(fromLangChain(chain));
    expect(answers).toEqual(answers.map(() => expect.objectContaining({ parsed: { n: 1 } })));
    expect(server.calls).toBe(20);
  });
});

// continuedev/continue#8209: OpenAI refuses streams to organizations that it has not verified
test("P49 a model is never asked to stream by us, and what one input gets changes nothing for others", async () => {
  const streams: unknown[] = [];
  const fetch = (_: unknown, init?: RequestInit): Promise<Response> => {
    const { stream, messages } = JSON.parse(init?.body as string) as { stream?: boolean; messages: Choice[] };
    streams.push(stream);
    const refusal = messages[0]?.content === "Text 1";
    const message = refusal ? { content: null, refusal: "no" } : { content: '{"n":1}' };
    return Promise.resolve(Response.json({ choices: [{ index: 0, message, finish_reason: "stop" }] }));
  };
  const chain = modelOf({ fetch }).withStructuredOutput(schema, { method: "jsonSchema" });
  const [first, second, ...others] = await batch(fromLangChain(chain, { maxConcurrency: 1 }), 12);
  expect(second).toMatchObject({ code: "invalid_result" });
  expect([first, ...others]).toEqual(Array.from({ length: 11 }, () => ({ n: 1 })));
  expect(streams).not.toContain(true);
});

test("an answer that the SDK reads keeps what it has read", async () => {
  const model = modelOf(
    serve(() => ({ content: '{"n":1}' })),
    { useResponsesApi: true },
  ).withConfig({
    response_format: { type: "json_schema", json_schema: { name: "n", schema: schema as never } },
  });
  expect((await fromLangChain(model).invoke("a")).additional_kwargs).toMatchObject({ parsed: { n: 1 } });
});

// ollama/ollama#6314: models that write the call of a tool as a text, or only what it would be called with
describe("P48 a tool that stands for the schema, and is not called", () => {
  const asTool = { method: "functionCalling", name: "extract" } as const;

  test.each([
    ...WRAPPED,
    '{"name":"extract","parameters":{"n":1}}',
    '<tool_call>\n{"name":"extract","arguments":{"n":1}}\n</tool_call>',
  ])("is JSON in the text: %j", async (content) => {
    const server = serve(() => ({ content }));
    expect(await fromLangChain(modelOf(server).withStructuredOutput(schema, asTool)).invoke("a")).toEqual({ n: 1 });
    expect(server.calls).toBe(1);
  });

  test.each<[string, object]>([
    ["words", { content: "SECRET" }],
    ["JSON of another shape", { content: '{"n":"SECRET"}' }],
    ["a call of another tool", { content: "", tool_calls: [callOf("SECRET")] }],
  ])("or else, with %s, is a ResultError that is tried again, never undefined", async (_, answer) => {
    const server = serve((before) => (before === 0 ? answer : { content: "", tool_calls: [callOf("extract")] }));
    const chain = modelOf(server).withStructuredOutput(schema, asTool);
    expect(await batch(fromLangChain(chain), 1)).toEqual([{ n: 1 }]);
    expect(server.calls).toBe(2);
    const error = await failureOf(
      fromLangChain(modelOf(serve(() => answer)).withStructuredOutput(schema, asTool)).invoke("a"),
    );
    expect(error).toMatchObject({ code: "invalid_result" });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("SECRET");
  });

  test("is left to the caller with the message beside it", async () => {
    const chain = modelOf(serve(() => ({ content: "No." }))).withStructuredOutput(schema, {
      ...asTool,
      includeRaw: true,
    });
    const answer = await fromLangChain(chain).invoke("a");
    expect(answer.raw.text).toBe("No.");
    expect(answer.parsed ?? undefined).toBeUndefined();
  });
});

function callOf(name: string): object {
  return { id: "c", type: "function", function: { name, arguments: '{"n":1}' } };
}

describe("P48 an answer that is not what it should be is a ResultError, and is not quoted", () => {
  test.each<[string, "jsonMode" | "jsonSchema", () => Choice]>([
    ["no JSON", "jsonMode", () => ({ content: "SECRET" })],
    ["no JSON, read by the SDK", "jsonSchema", () => ({ content: "SECRET" })],
    ["JSON of another shape", "jsonMode", () => ({ content: '{"n":"SECRET"}' })],
    ["JSON of another shape, read by the SDK", "jsonSchema", () => ({ content: '{"n":"SECRET"}' })],
    ["JSON that was cut, read by the SDK", "jsonSchema", () => ({ content: '{"n":"SEC', finish_reason: "length" })],
    ["JSON that was held back", "jsonSchema", () => ({ content: '{"n":"SECRET', finish_reason: "content_filter" })],
  ])("%s", async (_, method, answer) => {
    const chain = modelOf(serve(answer)).withStructuredOutput(schema, { method });
    const error = await failureOf(fromLangChain(chain).invoke("a"));
    expect(error).toMatchObject({ code: "invalid_result" });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("SECRET");
  });

  test("a text that is not asked to be JSON stays as it is", async () => {
    const chain = prompt.pipe(modelOf(serve(() => ({ content: WRAPPED[1] })))).pipe(new StringOutputParser());
    expect(await fromLangChain(chain).invoke({ text: "a" })).toBe(WRAPPED[1]);
  });
});

// Documented by OpenRouter (errors and debugging); Z.AI and DeepSeek document words of their own.
test.each(["error", "network_error", "insufficient_system_resource"])(
  "P51 half a text with finish_reason %s is tried again, deep in a chain too",
  async (finish_reason) => {
    const server = serve((before) => (before % 2 === 0 ? { content: "ha", finish_reason } : { content: "half" }));
    const answers = await batch(
      fromLangChain(modelOf(server).pipe(new StringOutputParser()), { maxConcurrency: 1 }),
      4,
    );
    expect(answers).toEqual(["half", "half", "half", "half"]);
    expect(server.calls).toBe(8);
  },
);

// HKUDS/Vibe-Trading#308 (Google), pydantic/pydantic-ai#7817 (Bedrock): what follows the model does not see the reason.
test.each(["content_filter", "SAFETY", "guardrail_intervened"])(
  "P51 half a text that a filter held back (%s) is an error, deep in a chain too",
  async (finish_reason) => {
    const model = modelOf(serve(() => ({ content: "SECRET ha", finish_reason })));
    for (const chain of [model, model.pipe(new StringOutputParser())]) {
      const error = await failureOf(fromLangChain<BaseLanguageModelInput, unknown>(chain).invoke("a"));
      expect(error).toMatchObject({ code: "invalid_result" });
      expect(inspect(error)).not.toContain("SECRET");
    }
  },
);

// developers.openai.com, structured outputs: a refusal stands in the place of the content, which LangChain makes an empty text of.
// A message without content is reported of OpenRouter in sunholo-data/ailang#842.
test.each<[string, object]>([
  ["a refusal", { content: null, refusal: "SECRET" }],
  ["no content", { content: null }],
])("P51 %s is an error, not an empty text, deep in a chain too", async (_, answer) => {
  const server = serve(() => answer);
  const model = modelOf(server);
  const parser = new StringOutputParser();
  const bound = model.withConfig({ tags: ["a"] });
  const chains = [model, model.pipe(parser), prompt.pipe(model).pipe(parser), prompt.pipe(bound).pipe(parser)];
  for (const [index, chain] of chains.entries()) {
    const input = (index < 2 ? "a" : { text: "a" }) as never;
    const error = await failureOf(fromLangChain<BaseLanguageModelInput, unknown>(chain as never).invoke(input));
    expect(error).toMatchObject({ code: "invalid_result" });
    expect(inspect(error)).not.toContain("SECRET");
  }
  expect(server.calls).toBe(4);
});

// vllm-project/vllm#19222; a call of a tool may be one that was asked for.
test("P52 JSON that a server puts where thoughts would be is read by a chain's parser", async () => {
  const model = modelOf(serve(() => ({ content: "", reasoning_content: '{"n":1}' })));
  expect(await fromLangChain(model.pipe(new JsonOutputParser())).invoke("a")).toEqual({ n: 1 });
});

// Documented by OpenRouter: an error in the answer's place, with status 200.
test("P51 an answer without a choice is a failure that may pass", async () => {
  const server = serve(() => ({ error: { code: 502, message: "SECRET" } }));
  const error = await failureOf(fromLangChain(modelOf(server)).invoke("a"));
  expect(error).toMatchObject({ code: "provider_error", retryable: true });
  expect(error.message).not.toContain("SECRET");
});

// Documented by OpenRouter; sunholo-data/ailang#842: LangChain makes an empty text of no content.
test.each<[string, object, object]>([
  ["half a text beside an error", { choices: [{ message: { content: "ha" } }], error: { code: 502 } }, { status: 502 }],
  ["a message without content", { content: null }, { code: "invalid_result" }],
  ["a choice without a message", { choices: [{ index: 0, finish_reason: "stop" }] }, { code: "invalid_result" }],
])("P51 %s is not an answer, and an empty text is", async (_, answer, expected) => {
  expect(await failureOf(fromLangChain(modelOf(serve(() => answer))).invoke("a"))).toMatchObject(expected);
  expect((await fromLangChain(modelOf(serve(() => ({ content: "" })))).invoke("a")).text).toBe("");
});

// unslothai/unsloth#6570: a stream that was not asked for.
test("P51 a body of events is refused once", async () => {
  const server = serve(() => 'data: {"choices":[]}\n\ndata: [DONE]\n\n');
  const slots = await batch(fromLangChain(modelOf(server), { maxConcurrency: 1 }), 3);
  expect(slots).toEqual(slots.map(() => expect.objectContaining({ code: "invalid_argument", retryable: false })));
  expect(server.calls).toBe(1);
});

// Documented by Mistral (reasoning): content as a list of parts.
test("P52 content as a list of parts is its text", async () => {
  const content = [
    { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
    { type: "text", text: "Oslo" },
  ];
  const chain = fromLangChain(modelOf(serve(() => ({ content }))));
  expect((await chain.invoke("a")).text).toBe("Oslo");
  const texts = modelOf(serve(() => ({ content }))).pipe(new StringOutputParser());
  expect(await fromLangChain(texts).invoke("a")).toBe("Oslo");
  const json = [
    { type: "thinking", thinking: [] },
    { type: "text", text: WRAPPED[1] },
  ];
  const structured = modelOf(serve(() => ({ content: json }))).withStructuredOutput(schema, { method: "jsonMode" });
  expect(await fromLangChain(structured).invoke("a")).toEqual({ n: 1 });
});

// mozilla-ai/any-llm#1290: Google's endpoint for OpenAI's SDK
test("P56 thoughts that the sum of a usage alone has are output", async () => {
  const usage = { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 };
  const choices = [{ index: 0, message: { role: "assistant", content: "yes" }, finish_reason: "stop" }];
  const { fetch } = serve(() => ({ choices, usage }));
  const chat = fromLangChain(new ChatOpenAI({ model: "m", apiKey: "key", configuration: { fetch } }));
  let used: unknown;
  await chat.batch(["Why?"], { onFinish: (report) => (used = report.usage) });
  expect(used).toMatchObject({ inputTokens: 20, outputTokens: 603 });
});
