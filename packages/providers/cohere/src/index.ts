export { adapters } from "./adapters.ts";
export { type ChatInput, type ChatRequest, type ChatResult, CohereChat, type CohereChatOptions } from "./chat.ts";
export { type Classification, type ClassifyExample, CohereClassify, type CohereClassifyOptions } from "./classify.ts";
export type { CohereClientLike, CohereClientOptions } from "./client.ts";
export {
  CohereEmbeddings,
  type CohereEmbeddingsOptions,
  type CohereInputType,
  type CohereTruncate,
} from "./embeddings.ts";
export type { CohereTier } from "./limits.ts";
export type { CohereOptions } from "./options.ts";
export { type CoherePrice, PRICES } from "./prices.ts";
export { CohereRerank, type CohereRerankOptions, type RerankResult } from "./rerank.ts";
export type { StructuredOptions } from "@batchwise/adapter-kit";
export type { RerankInput } from "@batchwise/core";
