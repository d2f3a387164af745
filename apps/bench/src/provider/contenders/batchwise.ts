import { OpenAIChat, OpenAIEmbeddings } from "@batchwise/openai";
import { CHAT_MODEL, EMBEDDING_MODEL, type ProviderContender } from "./contender.ts";

/** Configured only with the address, the key and the model; `dimensions` is part of the work. */
export const contender: ProviderContender = {
  package: "@batchwise/openai",
  refusedTextLoses: "itself",
  async embed(texts, { baseURL, apiKey, dimensions }) {
    const embeddings = new OpenAIEmbeddings({ model: EMBEDDING_MODEL, baseURL, apiKey, dimensions });
    return embeddings.batch(texts, { returnExceptions: true });
  },
  async chat(prompts, { baseURL, apiKey }) {
    const chat = new OpenAIChat({ model: CHAT_MODEL, baseURL, apiKey });
    const outcomes = await chat.batch(prompts, { returnExceptions: true });
    return outcomes.map((outcome) => (outcome instanceof Error ? outcome : outcome.text));
  },
};
