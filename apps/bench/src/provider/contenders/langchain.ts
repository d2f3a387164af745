import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { CHAT_MODEL, EMBEDDING_MODEL, gridOf, type ProviderContender } from "./contender.ts";

export const contender: ProviderContender = {
  package: "@langchain/openai",
  refusedTextLoses: "everything",
  grids: {
    embed: gridOf({ concurrency: [1, 2], size: [512, 2048], retries: [6, 20] }),
    faulty: gridOf({ concurrency: [1, 2, 8], size: [64, 512], retries: [20] }),
    chat: gridOf({ concurrency: [10, 20, 30, 60], retries: [20] }),
    latency: gridOf({ concurrency: [4, 8, 12, 16], size: [50, 100, 200], retries: [20] }),
    quarter: gridOf({ concurrency: [1, 2, 3, 4], size: [50, 100, 200], retries: [20] }),
    pacedChat: gridOf({ concurrency: [12, 14, 16, 18, 20, 22, 24, 26, 28, 32, 40, 60], retries: [20] }),
  },
  async embed(texts, { baseURL, apiKey, dimensions }, { concurrency, size, retries }) {
    const embeddings = new OpenAIEmbeddings({
      model: EMBEDDING_MODEL,
      apiKey,
      dimensions,
      configuration: { baseURL },
      ...(concurrency !== undefined && { maxConcurrency: concurrency }),
      ...(size !== undefined && { batchSize: size }),
      ...(retries !== undefined && { maxRetries: retries }),
    });
    return embeddings.embedDocuments(texts as string[]);
  },
  async chat(prompts, { baseURL, apiKey }, { concurrency, retries }) {
    const chat = new ChatOpenAI({
      model: CHAT_MODEL,
      apiKey,
      configuration: { baseURL },
      ...(retries !== undefined && { maxRetries: retries }),
    });
    const outcomes = await chat.batch(
      prompts as string[],
      concurrency === undefined ? {} : { maxConcurrency: concurrency },
      { returnExceptions: true },
    );
    return outcomes.map((outcome) => (outcome instanceof Error ? outcome : outcome.text));
  },
};
