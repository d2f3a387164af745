import { adapterOf } from "@batchwise/adapter-kit";
import type { Adapter } from "@batchwise/core";
import { LocalEmbeddings } from "./embeddings.ts";
import { REQUEST } from "./limits.ts";
import { EMBEDDINGS, type LocalEmbeddingsOptions } from "./options.ts";

/** Adapters of this package, for programs that load them by name. */
export const adapters: readonly Adapter[] = [
  /* @__PURE__ */ adapterOf<"embeddings">({
    kind: "embeddings",
    description: "Texts to vectors in this process: no key, no server.",
    limits: REQUEST,
    options: EMBEDDINGS,
    dimensions: ({ model, dimensions }) => dimensions ?? (model === undefined ? DIMENSIONS : undefined),
    make: (options: LocalEmbeddingsOptions) => new LocalEmbeddings(options),
  }),
];

/** Of the Universal Sentence Encoder. */
const DIMENSIONS = 512;
