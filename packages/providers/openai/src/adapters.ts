import { adapterOf } from "@batchwise/adapter-kit";
import type { Adapter, Runnable } from "@batchwise/core";
import { CHAT, OpenAIChat, type OpenAIChatOptions } from "./chat.ts";
import { EMBEDDINGS, OpenAIEmbeddings, type OpenAIEmbeddingsOptions } from "./embeddings.ts";
import { EMBEDDING_MODELS, EMBEDDINGS_REQUEST, MODERATION_REQUEST } from "./limits.ts";
import { MODERATION, OpenAIModeration, type OpenAIModerationOptions } from "./moderation.ts";
import { OpenAIResponses, type OpenAIResponsesOptions, RESPONSES } from "./responses.ts";

const key = "OPENAI_API_KEY";

/** Adapters of this package, for programs that load them by name. */
export const adapters: readonly Adapter[] = [
  /* @__PURE__ */ adapterOf<"embeddings">({
    kind: "embeddings",
    description: "Texts to vectors with OpenAI's models, or those of any server that speaks its language.",
    key,
    limits: EMBEDDINGS_REQUEST,
    options: EMBEDDINGS,
    dimensions: ({ model = EMBEDDINGS.group["model"]?.default, dimensions }) =>
      dimensions ?? (EMBEDDING_MODELS.get(model) || undefined),
    make: (options: OpenAIEmbeddingsOptions) => new OpenAIEmbeddings(options),
  }),
  /* @__PURE__ */ adapterOf<"moderation">({
    kind: "moderation",
    description: "Says of texts whether they may do harm: OpenAI's `Moderation` of each.",
    key,
    limits: MODERATION_REQUEST,
    options: MODERATION,
    make: (options: OpenAIModerationOptions) => new OpenAIModeration(options),
  }),
  /* @__PURE__ */ adapterOf<"chat">({
    kind: "chat",
    description: "Answers prompts through chat completions.",
    inputs: { messages: true, requests: "/v1/chat/completions" },
    key,
    options: CHAT,
    make: (options: OpenAIChatOptions): Wider => new OpenAIChat(options),
  }),
  /* @__PURE__ */ adapterOf<"chat">({
    name: "responses",
    kind: "chat",
    description: "Answers prompts through the Responses API.",
    inputs: { messages: true, requests: "/v1/responses" },
    key,
    options: RESPONSES,
    make: (options: OpenAIResponsesOptions): Wider => new OpenAIResponses(options),
  }),
];

/** It takes more than its kind says, and what a Runnable takes has to be the same in both types. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one type that holds both
type Wider = Runnable<any, any>;
