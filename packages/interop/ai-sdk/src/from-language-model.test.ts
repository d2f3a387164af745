import { createOpenAI } from "@ai-sdk/openai";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { ArgumentError } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { MockLanguageModelV4 } from "ai/test";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { fromLanguageModel } from "./index.ts";

function mock(content: unknown[] = [{ type: "text", text: "yes" }]): MockLanguageModelV4 {
  const count = { total: 3, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
  return new MockLanguageModelV4({
    doGenerate: {
      content: content as never,
      finishReason: { unified: "stop", raw: "stop" },
      usage: { inputTokens: count, outputTokens: { total: 2, text: undefined, reasoning: undefined } },
      warnings: [],
    },
  });
}

const user = (text: string): LanguageModelV4CallOptions["prompt"][number] => ({
  role: "user",
  content: [{ type: "text", text }],
});

describe("what a call of the model gets", () => {
  test("a text becomes a message of the user's, instructions one of the system's", async () => {
    const model = mock();
    await fromLanguageModel(model).invoke("Why?");
    await fromLanguageModel(model, { instructions: "Be short." }).invoke("Why?");
    expect(model.doGenerateCalls.map(({ prompt }) => prompt)).toEqual([
      [user("Why?")],
      [{ role: "system", content: "Be short." }, user("Why?")],
    ]);
  });

  test("messages go as they are, and are not changed", async () => {
    const model = mock();
    const prompt = Object.freeze([user("Why?")]) as LanguageModelV4CallOptions["prompt"];
    await fromLanguageModel(model, { instructions: "Be short." }).batch([prompt, { prompt }]);
    expect(model.doGenerateCalls.map(({ prompt: sent }) => sent.slice(1))).toEqual([prompt, prompt]);
  });

  test("parameters of all calls, and an input's own before them", async () => {
    const model = mock();
    const parameters = { temperature: 0.2, maxOutputTokens: 5, headers: { a: "b" }, providerOptions: { x: { y: 1 } } };
    const chat = fromLanguageModel(model, { parameters });
    await chat.invoke("Why?");
    await chat.invoke({ prompt: "Why?", temperature: 0.9, seed: 7 });
    expect(model.doGenerateCalls).toEqual([
      { ...parameters, prompt: [user("Why?")] },
      { ...parameters, temperature: 0.9, seed: 7, prompt: [user("Why?")] },
    ]);
  });

  test("temperature reaches the wire of a real model", async () => {
    let body: Record<string, unknown> = {};
    const openai = createOpenAI({
      apiKey: "key",
      fetch: async (_url, init) => {
        body = JSON.parse(init?.body as string);
        const message = { role: "assistant", content: "yes" };
        return Response.json({ choices: [{ index: 0, message, finish_reason: "stop" }] });
      },
    });
    const chat = fromLanguageModel(openai.chat("gpt-4o"), { parameters: { temperature: 0.2 } });
    expect((await chat.invoke("Why?")).text).toBe("yes");
    expect(body).toMatchObject({ model: "gpt-4o", temperature: 0.2, messages: [{ role: "user", content: "Why?" }] });
  });

  test("P12 the batch's signal is aborted in it", async () => {
    let seen: AbortSignal | undefined;
    const model = new MockLanguageModelV4({
      doGenerate: ({ abortSignal }) => {
        seen = abortSignal;
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const run = failureOf(fromLanguageModel(model).batch(["a"], { signal: controller.signal }));
    await expect.poll(() => seen).toBeDefined();
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await run).toBe(reason);
    expect(seen?.aborted).toBe(true);
  });
});

describe("what comes back", () => {
  test("is the text of all parts, the reason, and the parts; the whole where it is asked for", async () => {
    const content = [
      { type: "reasoning", text: "hmm" },
      { type: "text", text: "y" },
      { type: "text", text: "es" },
    ];
    const output = await fromLanguageModel(mock(content)).invoke("Why?");
    expect(output).toEqual({ text: "yes", finishReason: "stop", content });
    const whole = await fromLanguageModel(mock(content), { keepResult: true }).invoke("Why?");
    expect(whole).toMatchObject({ text: "yes", result: { content, warnings: [] } });
  });

  test("usage is reported", async () => {
    let total: unknown;
    await fromLanguageModel(mock()).batch(["a", "b"], { onFinish: ({ usage }) => (total = usage) });
    expect(total).toEqual({ inputTokens: 6, cachedInputTokens: 0, outputTokens: 4, totalTokens: 10, cost: 0 });
  });

  test("P28 a call that was refused counts as nothing used", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "x" } } });
    const openai = createOpenAI({ apiKey: "key", baseURL: emulator.openaiBaseURL });
    const usages: unknown[] = [];
    const chat = fromLanguageModel(openai.chat("m"));
    await chat.batch(["x"], { returnExceptions: true, onRequest: ({ usage }) => usages.push(usage) });
    expect(usages).toEqual([{ inputTokens: 0, outputTokens: 0 }]);
  });
});

test("an input weighs its UTF-8 bytes and those of the instructions, and weighing never throws", () => {
  const chat = fromLanguageModel(mock(), { instructions: "abc" });
  const weigh = (input: unknown): number | undefined => chat.estimate([input as string]).tokens;
  expect(weigh("é")).toBe(5);
  expect(weigh([user("ab"), { role: "system", content: "cd" }])).toBe(7);
  expect(weigh({ prompt: [user("ab")] })).toBe(5);
  for (const odd of [undefined, null, 5, {}]) expect(weigh(odd)).toBe(3);
});

test("settings replace the defaults", () => {
  expect(fromLanguageModel(mock()).settings).toMatchObject({ maxConcurrency: 64, retry: { attempts: 6 } });
  const own = { maxConcurrency: 3, retry: false, timeoutMs: 9 } as const;
  expect(fromLanguageModel(mock(), own).settings).toMatchObject(own);
});

test.each<[unknown, string]>([
  [undefined, "got undefined"],
  ["gpt-5-mini", "got a string of length 10"],
  [{}, "got an object"],
  [{ specificationVersion: "v1", doGenerate: () => 1 }, "got one of version v1"],
  [{ specificationVersion: "v5", doGenerate: () => 1 }, "got one of version v5"],
  [{ specificationVersion: "v4", doEmbed: () => 1 }, "got one of another kind"],
])("%o is no language model of v2, v3 or v4", (model, got) => {
  expect(() => fromLanguageModel(model as never)).toThrow(ArgumentError);
  expect(() => fromLanguageModel(model as never)).toThrow(got);
});
