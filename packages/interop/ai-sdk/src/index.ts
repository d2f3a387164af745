export { type EmbeddingModel, fromEmbeddingModel, type FromEmbeddingModelOptions } from "./from-embedding-model.ts";
export {
  fromLanguageModel,
  type FromLanguageModelOptions,
  type LanguageModel,
  type LanguageModelInput,
  type LanguageModelOutput,
  type LanguageModelParameters,
  type LanguageModelPrompt,
  type LanguageModelRequest,
} from "./from-language-model.ts";
export type { ModelNames } from "./call-options.ts";
export { toEmbeddingModel, type ToEmbeddingModelOptions } from "./to-embedding-model.ts";
export { toRerankingModel, type ToRerankingModelOptions } from "./to-reranking-model.ts";
