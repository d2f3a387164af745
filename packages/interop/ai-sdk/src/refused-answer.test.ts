import { createOpenAI as createOpenAIV2 } from "@ai-sdk/openai-v2";
import { createOpenAI as createOpenAIV3 } from "@ai-sdk/openai-v3";
import { createOpenAI } from "@ai-sdk/openai";
import type { FinishReport } from "@batchwise/core";
import { FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type FromLanguageModelOptions, fromLanguageModel, type LanguageModel } from "./index.ts";

type Make = (fetch: typeof globalThis.fetch) => { chat: LanguageModel; responses: LanguageModel };
const VERSIONS: [string, Make][] = [
  ["v2", (fetch) => modelsOf(createOpenAIV2({ apiKey: "key", fetch }))],
  ["v3", (fetch) => modelsOf(createOpenAIV3({ apiKey: "key", fetch }))],
  ["v4", (fetch) => modelsOf(createOpenAI({ apiKey: "key", fetch }))],
];
function modelsOf(openai: { chat(id: string): LanguageModel; responses(id: string): LanguageModel }) {
  return { chat: openai.chat("m"), responses: openai.responses("m") };
}

function counted(answer: () => Response): { readonly fetch: typeof globalThis.fetch; readonly count: () => number } {
  let calls = 0;
  return { fetch: async () => (calls++, answer()), count: () => calls };
}

/** Outcomes of 20 prompts that all get this body, and what it took. */
async function run<Output>(
  model: (fetch: typeof globalThis.fetch) => LanguageModel,
  body: object,
  options?: FromLanguageModelOptions<Output>,
) {
  const { fetch, count } = counted(() => Response.json(body));
  const clock = new FakeClock();
  const prompts = Array.from({ length: 20 }, (_, index) => `Prompt ${index}`);
  let tokens = 0;
  const onFinish = ({ usage }: FinishReport): void => void (tokens = usage.inputTokens);
  const batch = { returnExceptions: true, clock, random: () => 0.5, onFinish } as const;
  const outcomes = await runOn(clock, fromLanguageModel<Output>(model(fetch), options).batch(prompts, batch));
  return { outcomes, calls: count(), tokens };
}

const USAGE = { prompt_tokens: 7, completion_tokens: 3 };
function chatBody(message: object, more: object = {}, top: object = {}): object {
  const choice = {
    index: 0,
    message: { role: "assistant", content: "yes", ...message },
    finish_reason: "stop",
    ...more,
  };
  return { choices: [choice], usage: USAGE, ...top };
}
const TEXT = { type: "text", text: "yes" };
const REPORTED: [string, object][] = [
  [
    "thoughts and text in parts (vercel/ai#13703, of Mistral)",
    chatBody({ content: [{ type: "thinking", thinking: [] }, TEXT] }),
  ],
  [
    "reasoning in parts (neondatabase/neon-pkgs#308)",
    chatBody({ content: [{ type: "reasoning", summary: [] }, TEXT] }),
  ],
  ["no index (vercel/ai#4031, of Cloudflare)", chatBody({}, { index: undefined })],
  ["citations in another shape (vercel/ai#11060)", chatBody({ annotations: [{ type: "url_citation", url: "u" }] })],
  ["a time that is a text", chatBody({}, {}, { created: "2026-11-29" })],
  ["a role of another name", chatBody({ role: "model" })],
  ["logprobs in another shape", chatBody({}, { logprobs: { content: [{ token: "yes" }] } })],
];

describe.each(VERSIONS)("a model of specification version %s", (_, make) => {
  test.each(REPORTED)("P52 P53 an answer in a body that its schema refuses is used: %s", async (__, body) => {
    const { outcomes, calls, tokens } = await run((fetch) => make(fetch).chat, body);
    expect(outcomes).toEqual(outcomes.map(() => ({ text: "yes", finishReason: "stop", content: [TEXT] })));
    expect({ calls, tokens }).toEqual({ calls: 20, tokens: 140 });
  });

  // lmstudio-ai/lmstudio-bug-tracker#1089
  test("P52 P53 an output of Responses without annotations or ids is used", async () => {
    const content = [{ type: "output_text", text: "yes" }];
    const output = [{ type: "reasoning" }, { type: "message", role: "assistant", content }];
    const usage = { input_tokens: 7, output_tokens: 3 };
    const whole = { id: "r", status: "completed", output, usage };
    const { outcomes, calls, tokens } = await run((fetch) => make(fetch).responses, whole);
    expect(outcomes).toEqual(outcomes.map(() => ({ text: "yes", finishReason: "stop", content: [TEXT] })));
    expect({ calls, tokens }).toEqual({ calls: 20, tokens: 140 });
    const cut = { ...whole, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    expect((await run((fetch) => make(fetch).responses, cut)).outcomes[0]).toMatchObject({ finishReason: "length" });
    const begun = await run((fetch) => make(fetch).responses, { ...whole, status: "in_progress" });
    expect(begun.outcomes.every((each) => each instanceof Error)).toBe(true);
  });

  // router-for-me/CLIProxyAPI#417: comments of a stream before a body that is whole
  test("P51 P53 an answer in a body that is not quite JSON is used", async () => {
    const text = `: OPENROUTER PROCESSING\n\n${JSON.stringify(chatBody({}))}`;
    const { fetch, count } = counted(() => new Response(text, { headers: { "content-type": "application/json" } }));
    const answers = await fromLanguageModel(make(fetch).chat).batch(["a", "b"]);
    expect(answers).toEqual(answers.map(() => ({ text: "yes", finishReason: "stop", content: [TEXT] })));
    expect(count()).toBe(2);
  });

  test("P51 what is no answer stays none in such a body", async () => {
    const bodies = [
      chatBody({ content: null }, { index: undefined }),
      chatBody({ content: [{ type: "thinking", thinking: [] }] }),
      { choices: [1, 2].map((index) => ({ message: { content: [TEXT] }, index })) },
      chatBody({ content: [TEXT], tool_calls: [{ function: { name: 7 } }] }),
      chatBody({ content: [TEXT] }, { finish_reason: "error" }),
    ];
    for (const body of bodies) {
      const { outcomes, calls } = await run((fetch) => make(fetch).chat, body);
      expect(
        outcomes.filter((each) => !(each instanceof Error)),
        JSON.stringify(body),
      ).toEqual([]);
      expect(calls).toBeLessThan(70);
    }
  });

  // Reported of small servers: arguments that are an object, a call without its type.
  test("P52 calls of tools in such a body are whole", async () => {
    const calls = [
      { id: "c", function: { name: "f", arguments: { a: 1 } } },
      { function: { name: "g", arguments: "{}" } },
    ];
    const { outcomes } = await run(
      (fetch) => make(fetch).chat,
      chatBody({ content: null, tool_calls: calls }, { finish_reason: "tool_calls" }),
    );
    expect(outcomes[0]).toMatchObject({
      text: "",
      finishReason: "tool-calls",
      content: [
        { type: "tool-call", toolCallId: "c", toolName: "f", input: '{"a":1}' },
        { type: "tool-call", toolName: "g", input: "{}" },
      ],
    });
  });

  test("P48 JSON in parts is read by the schema, and a refusal is held back", async () => {
    const schema = z.object({ n: z.number() });
    const parts = [
      { type: "thinking", thinking: [] },
      { type: "text", text: '```json\n{"n":1}\n```' },
    ];
    const { outcomes, calls } = await run((fetch) => make(fetch).chat, chatBody({ content: parts }), { schema });
    expect(outcomes).toEqual(outcomes.map(() => ({ n: 1 })));
    expect(calls).toBe(20);
    // developers.openai.com, structured outputs: a refusal stands in the place of the content.
    const refused = chatBody({ content: null, refusal: "No." });
    expect((await run((fetch) => make(fetch).chat, refused)).outcomes[0]).toMatchObject({
      finishReason: "content-filter",
    });
  });
});
