export { adapters } from "./adapters.ts";
// #region chat
export { type ChatResult, MyProviderChat, type MyProviderChatOptions } from "./chat.ts";
// #endregion
// #region embeddings
export { MyProviderEmbeddings, type MyProviderEmbeddingsOptions } from "./embeddings.ts";
// #endregion
export type { MyProviderOptions } from "./options.ts";
// #region rerank
export { MyProviderRerank, type MyProviderRerankOptions } from "./rerank.ts";
// #endregion
