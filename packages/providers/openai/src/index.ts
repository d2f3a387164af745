export { adapters } from "./adapters.ts";
export { type ChatInput, type ChatRequest, type ChatResult, OpenAIChat, type OpenAIChatOptions } from "./chat.ts";
export type { ConnectionOptions, OpenAIClient, PendingResponse, RequestOptions } from "./client.ts";
export { OpenAIEmbeddings, type OpenAIEmbeddingsOptions } from "./embeddings.ts";
export type { GenerationOptions } from "./generation.ts";
export { OpenAIModeration, type OpenAIModerationOptions } from "./moderation.ts";
export type { PaceOptions } from "./options.ts";
export { PRICES } from "./prices.ts";
export {
  OpenAIResponses,
  type OpenAIResponsesOptions,
  type ResponsesInput,
  type ResponsesRequest,
  type ResponsesResult,
} from "./responses.ts";
export type { StructuredOptions } from "@batchwise/adapter-kit";
