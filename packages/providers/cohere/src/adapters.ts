import { adapterOf } from "@batchwise/adapter-kit";
import type { Adapter, Runnable } from "@batchwise/core";
import { CHAT, CohereChat, type CohereChatOptions } from "./chat.ts";
import { CLASSIFY, CohereClassify, type CohereClassifyOptions } from "./classify.ts";
import { CohereEmbeddings, type CohereEmbeddingsOptions, dimensionsOf, EMBEDDINGS } from "./embeddings.ts";
import { CLASSIFY_TEXTS, EMBED_TEXTS } from "./limits.ts";
import { CohereRerank, type CohereRerankOptions, RERANK } from "./rerank.ts";

const key = "CO_API_KEY";

/** Adapters of this package, for programs that load them by name. */
export const adapters: readonly Adapter[] = [
  /* @__PURE__ */ adapterOf<"embeddings">({
    kind: "embeddings",
    description: "Texts to vectors with Cohere's embed; documents and queries each in their own way.",
    key,
    limits: { maxInputs: EMBED_TEXTS },
    options: EMBEDDINGS,
    dimensions: (options) => dimensionsOf(options as CohereEmbeddingsOptions),
    make: (options: Partial<CohereEmbeddingsOptions> & { readonly model: string }, { purpose }) =>
      new CohereEmbeddings({ ...options, inputType: options.inputType ?? INPUT_TYPES[purpose ?? "document"] }),
  }),
  /* @__PURE__ */ adapterOf<"rerank">({
    kind: "rerank",
    description: "Puts the documents of a query into order with Cohere's rerank, lists of any length.",
    key,
    options: RERANK,
    make: (options: CohereRerankOptions) => new CohereRerank(options),
  }),
  /* @__PURE__ */ adapterOf<"chat">({
    kind: "chat",
    description: "Answers prompts with Cohere's chat models.",
    inputs: { messages: true },
    key,
    options: CHAT,
    make: (options: CohereChatOptions): Wider => new CohereChat(options),
  }),
  /* @__PURE__ */ adapterOf<"classification">({
    name: "classify",
    kind: "classification",
    description: "Labels texts with Cohere's classify, where an account still has a model for it.",
    key,
    limits: { maxInputs: CLASSIFY_TEXTS },
    options: CLASSIFY,
    make: (options: CohereClassifyOptions) => new CohereClassify(options),
  }),
];

const INPUT_TYPES = { document: "search_document", query: "search_query" } as const;

/** It takes more than its kind says, and what a Runnable takes has to be the same in both types. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one type that holds both
type Wider = Runnable<any, any>;
