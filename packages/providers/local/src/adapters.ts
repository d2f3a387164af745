import { adapterOf } from "@batchwise/adapter-kit";
import type { Adapter } from "@batchwise/core";
import { DEFAULT_MODEL, DIMENSIONS, isBuiltIn } from "./built-in.ts";
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
    dimensions: ({ model = DEFAULT_MODEL, dimensions }) =>
      dimensions ?? (isBuiltIn(model) ? DIMENSIONS[model] : undefined),
    make: (options: LocalEmbeddingsOptions) => new LocalEmbeddings(options),
  }),
];
