import type { Adapter, OptionSchemas } from "@batchwise/core";
import { LocalEmbeddings } from "./embeddings.ts";
import { REQUEST } from "./limits.ts";
import type { LocalEmbeddingsOptions } from "./options.ts";

/** What this package has, for programs that load it by name. */
export const adapters: readonly Adapter[] = /* @__PURE__ */ manifest();

/** A function, so that those who import one class alone get nothing of it. */
function manifest(): readonly Adapter[] {
  const embeddings: Adapter<"embeddings"> = {
    name: "embeddings",
    kind: "embeddings",
    description: "Texts to vectors in this process: no key, no server.",
    limits: REQUEST,
    options: { type: "object", additionalProperties: false, properties: embeddingsOptions() },
    dimensions: ({ model, dimensions }) => dimensions ?? (model === undefined ? DIMENSIONS : undefined),
    create: (options) => new LocalEmbeddings(options),
  };
  return [embeddings];
}

/** Of the Universal Sentence Encoder. */
const DIMENSIONS = 512;

function embeddingsOptions(): OptionSchemas<LocalEmbeddingsOptions, "onStatus"> {
  return {
    model: {
      type: "string",
      description: "A folder laid out as on Hugging Face. The Universal Sentence Encoder Lite by default.",
    },
    threads: {
      type: "integer",
      minimum: 0,
      description: "Threads that compute; 0 for the calling one. One a core by default, at most 4.",
    },
    cacheDir: { type: "string", description: "Folder in which the default model is kept once it is converted." },
    maxTokens: {
      type: "integer",
      minimum: 1,
      description: "Tokens of a text that are read. The model's own by default.",
    },
    truncate: {
      type: "boolean",
      description: "Reads the beginning of a text that is too long; false makes it an error of that text.",
      default: true,
    },
    dimensions: { type: "integer", minimum: 1, description: "Refuses a model whose vectors have another length." },
  };
}
