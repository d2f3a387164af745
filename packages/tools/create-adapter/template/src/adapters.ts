import type { Adapter } from "@batchwise/core";
// #region concurrent
import { MyProviderChat } from "./chat.ts";
// #endregion
// #region bulk
import { MyProviderEmbeddings } from "./embeddings.ts";
// #endregion
import {
  MAX_CONCURRENCY,
  // #region bulk
  MAX_INPUTS,
  // #endregion
} from "./limits.ts";
import { BASE_URL } from "./options.ts";

const COMMON = {
  baseURL: { type: "string", description: "The API's address.", default: BASE_URL },
  maxConcurrency: {
    type: "integer",
    description: "Requests in flight at once, at most.",
    minimum: 1,
    default: MAX_CONCURRENCY,
  },
  requestsPerMinute: { type: "number", description: "Requests a minute that the key is allowed.", minimum: 1 },
  tokensPerMinute: { type: "number", description: "Tokens a minute that the key is allowed.", minimum: 1 },
  timeoutMs: { type: "number", description: "Milliseconds that one call may take.", exclusiveMinimum: 0 },
};

/** What programs load by name, as `batchwise-my-provider#<name>`. */
export const adapters: readonly Adapter[] = [
  // #region bulk
  {
    name: "embeddings",
    kind: "embeddings",
    description: "My Provider's embeddings: texts into vectors, many in one request.",
    key: "MY_PROVIDER_API_KEY",
    limits: { maxInputs: MAX_INPUTS },
    options: {
      type: "object",
      properties: { model: { type: "string", description: "The model's name.", default: "embed-1" }, ...COMMON },
      additionalProperties: false,
    },
    // TODO: where the model tells documents and queries apart, use the second argument's `purpose`.
    create: (options) => new MyProviderEmbeddings(options),
  } satisfies Adapter<"embeddings">,
  // #endregion
  // #region concurrent
  {
    name: "chat",
    kind: "chat",
    description: "My Provider's chat models: prompts into answers, one request each.",
    key: "MY_PROVIDER_API_KEY",
    options: {
      type: "object",
      properties: {
        model: { type: "string", description: "The model's name.", default: "chat-1" },
        maxTokens: { type: "integer", description: "The longest answer, in tokens.", minimum: 1 },
        ...COMMON,
      },
      additionalProperties: false,
    },
    create: (options) => new MyProviderChat(options),
  } satisfies Adapter<"chat">,
  // #endregion
];
