import { createOpenAI } from "@ai-sdk/openai";
import { embedMany, generateText } from "ai";
import { pMapSettled } from "p-map";
import { outcomesOf } from "./chunks.ts";
import { CHAT_MODEL, EMBEDDING_MODEL, gridOf, type ProviderContender } from "./contender.ts";

/** Cuts requests itself, at 300,000 bytes, and has no call for many prompts: those go through p-map. */
export const contender: ProviderContender = {
  package: "ai",
  refusedTextLoses: "everything",
  grids: {
    embed: gridOf({ concurrency: [1, 2, 4, 8], retries: [10] }),
    faulty: gridOf({ concurrency: [1, 4], retries: [10] }),
    chat: gridOf({ concurrency: [10, 20, 30, 60], retries: [10] }),
  },
  async embed(texts, { baseURL, apiKey, dimensions }, { concurrency, retries }) {
    const { embeddings } = await embedMany({
      model: createOpenAI({ baseURL, apiKey }).embedding(EMBEDDING_MODEL),
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
