export { fromLangChain, type FromLangChainOptions } from "./from-lang-chain.ts";
export { fromLangChainEmbeddings, type FromLangChainEmbeddingsOptions } from "./from-lang-chain-embeddings.ts";
export { type BatchwiseConfig, BatchwiseRunnable, toLangChain, type ToLangChainOptions } from "./to-lang-chain.ts";
export {
  BatchwiseEmbeddings,
  toLangChainEmbeddings,
  type ToLangChainEmbeddingsOptions,
} from "./to-lang-chain-embeddings.ts";
