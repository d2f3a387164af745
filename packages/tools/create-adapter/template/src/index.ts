export { adapters } from "./adapters.ts";
// #region concurrent
export { type ChatResult, MyProviderChat, type MyProviderChatOptions } from "./chat.ts";
// #endregion
// #region bulk
export { MyProviderEmbeddings, type MyProviderEmbeddingsOptions } from "./embeddings.ts";
// #endregion
export type { MyProviderOptions } from "./options.ts";
