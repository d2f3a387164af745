import { createOpenAI } from "@ai-sdk/openai";
import { embedMany, generateText, wrapEmbeddingModel } from "ai";
import { pMapSettled } from "p-map";
import { outcomesOf } from "./chunks.ts";
import { CHAT_MODEL, EMBEDDING_MODEL, gridOf, type ProviderContender } from "./contender.ts";

/** Cuts requests itself, at 300,000 bytes or as many texts as its middleware says, and has no call for many prompts: those go through p-map. */
export const contender: ProviderContender = {
  package: "ai",
  refusedTextLoses: "everything",
  grids: {
    embed: gridOf({ concurrency: [1, 2, 4, 8], retries: [10] }),
    faulty: gridOf({ concurrency: [1, 4], retries: [10] }),
    chat: gridOf({ concurrency: [10, 20, 30, 60], retries: [10] }),
    latency: gridOf({ concurrency: [4, 8, 12, 16], size: [50, 100, 200], retries: [10] }),
    quarter: gridOf({ concurrency: [1, 2, 3, 4], size: [50, 100, 200], retries: [10] }),
    pacedChat: gridOf({ concurrency: [12, 14, 16, 18, 20, 22, 24, 26, 28, 32, 40, 60], retries: [10] }),
  },
  async embed(texts, { baseURL, apiKey, dimensions }, { concurrency, size, retries }) {
    const model = createOpenAI({ baseURL, apiKey }).embedding(EMBEDDING_MODEL);
    const middleware = { overrideMaxEmbeddingsPerCall: () => size };
    const { embeddings } = await embedMany({
      model: size === undefined ? model : wrapEmbeddingModel({ model, middleware }),
      values: texts as string[],
      dimensions,
      ...(concurrency !== undefined && { maxParallelCalls: concurrency }),
      ...(retries !== undefined && { maxRetries: retries }),
    });
    return embeddings;
  },
  async chat(prompts, { baseURL, apiKey }, { concurrency, retries }) {
    const model = createOpenAI({ baseURL, apiKey }).chat(CHAT_MODEL);
    const call = async (prompt: string): Promise<string> =>
      (await generateText({ model, prompt, ...(retries !== undefined && { maxRetries: retries }) })).text;
    return outcomesOf(await pMapSettled(prompts, call, concurrency === undefined ? {} : { concurrency }));
  },
};
