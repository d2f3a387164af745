import { createOpenAI } from "@ai-sdk/openai";
import { bulkRunnable, ProviderError, rateLimiter } from "@batchwise/core";
import { conformance, type ScriptedBackend } from "@batchwise/testkit";
import {
  fromEmbeddingModel,
  fromLanguageModel,
  type LanguageModelInput,
  type LanguageModelOutput,
  toEmbeddingModel,
} from "./index.ts";

const inputs = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];

await conformance({
  name: "fromEmbeddingModel",
  inputs,
  answer: (text) => [text.length, 0.5],
  create: ({ backend, clock }) => {
    const openai = createOpenAI({ apiKey: "key", fetch: serveEmbeddings(backend) });
    return fromEmbeddingModel(openai.embedding("m"), { limiter: rateLimiter({ clock }) });
  },
  expected: (text) => Float32Array.of(text.length, 0.5),
  skip: { L14: "a vector is never undefined" },
  patienceMs: 20,
});

await conformance<LanguageModelInput, LanguageModelOutput, string>({
  name: "fromLanguageModel",
  inputs,
  answer: (text) => `${text as string}!`,
  create: ({ backend, clock }) => {
    const openai = createOpenAI({ apiKey: "key", fetch: serveChat(backend) });
    return fromLanguageModel(openai.chat("m"), { limiter: rateLimiter({ clock }) });
  },
  expected: (text) => ({ text: `${text as string}!` }) as LanguageModelOutput,
  equals: (left, right) => left.text === right.text,
  skip: { L14: "an answer is never undefined" },
  patienceMs: 20,
});

await conformance({
  name: "fromEmbeddingModel of toEmbeddingModel",
  inputs,
  answer: (text) => Float32Array.of(text.length, 0.5),
  create: ({ backend, clock }) => {
    const ours = bulkRunnable((texts: readonly string[], options) => backend.call(texts, options));
    return fromEmbeddingModel(toEmbeddingModel(ours), { limiter: rateLimiter({ clock }) });
  },
  skip: { L14: "a vector is never undefined" },
});

function serveEmbeddings(backend: ScriptedBackend<string, number[]>): typeof fetch {
  return (_url, init) =>
    answered(async () => {
      const { input } = JSON.parse(init?.body as string) as { input: string[] };
      const answers = await backend.callIndexed(input, { signal: init?.signal ?? undefined });
      const data = answers.map(({ index, answer }) => ({ index, embedding: answer }));
      return Response.json({ data, usage: { prompt_tokens: input.length } });
    });
}

function serveChat(backend: ScriptedBackend<LanguageModelInput, string>): typeof fetch {
  return (_url, init) =>
    answered(async () => {
      const { messages } = JSON.parse(init?.body as string) as { messages: { content: string }[] };
      const contents = messages.map(({ content }) => content);
      const answers = await backend.call(contents, { signal: init?.signal ?? undefined });
      if (answers.length !== 1 || typeof answers[0] !== "string") return Response.json({ choices: [] });
      return Response.json({
        choices: [{ index: 0, message: { role: "assistant", content: answers[0] }, finish_reason: "stop" }],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      });
    });
}

async function answered(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!ProviderError.isInstance(error)) throw error;
    return Response.json({ error: { message: error.message } }, { status: error.status ?? 500 });
  }
}
