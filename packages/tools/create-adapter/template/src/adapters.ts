import { adapterOf } from "@batchwise/adapter-kit";
import type { Adapter } from "@batchwise/core";
// #region chat
import { CHAT, MyProviderChat, type MyProviderChatOptions } from "./chat.ts";
// #endregion
// #region embeddings
import { EMBEDDINGS, MyProviderEmbeddings, type MyProviderEmbeddingsOptions } from "./embeddings.ts";
import { MAX_INPUTS } from "./limits.ts";
// #endregion
// #region rerank
import { MyProviderRerank, type MyProviderRerankOptions, RERANK } from "./rerank.ts";
// #endregion

/** Adapters that programs load by name, as `batchwise-my-provider#<name>`. */
export const adapters: readonly Adapter[] = [
  // #region embeddings
  adapterOf<"embeddings">({
    kind: "embeddings",
    description: "My Provider's embeddings: texts into vectors, many in one request.",
    key: "MY_PROVIDER_API_KEY",
    limits: { maxInputs: MAX_INPUTS },
    options: EMBEDDINGS,
    // TODO: where the model tells documents and queries apart, use the second argument's `purpose`.
    make: (options: MyProviderEmbeddingsOptions) => new MyProviderEmbeddings(options),
  }),
  // #endregion
  // #region chat
  adapterOf<"chat">({
    kind: "chat",
    description: "My Provider's chat models: prompts into answers, one request each.",
    key: "MY_PROVIDER_API_KEY",
    options: CHAT,
    make: (options: MyProviderChatOptions) => new MyProviderChat(options),
  }),
  // #endregion
  // #region rerank
  adapterOf<"rerank">({
    kind: "rerank",
    description: "My Provider's reranking: the documents of a query, best first, one request for each query.",
    key: "MY_PROVIDER_API_KEY",
    options: RERANK,
    make: (options: MyProviderRerankOptions) => new MyProviderRerank(options),
  }),
  // #endregion
];
