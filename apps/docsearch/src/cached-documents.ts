import { type CachedRunnable, fileStore, withCache } from "@batchwise/cache";
import type { Embedder } from "./embedder.ts";

/** Documents of an embedder, with a file of all that were embedded before for any index. */
export interface CachedDocuments {
  readonly documents: CachedRunnable<string, Float32Array>;
  close(): Promise<void>;
}

/** Opens the file at its first use. Embedders whose vectors cannot be compared share nothing in it. */
export function cachedDocuments({ documents, identity }: Embedder, file: string): CachedDocuments {
  const store = fileStore({ path: file });
  return {
    documents: withCache(documents, { namespace: `docsearch ${identity}`, store }),
    close: async () => {
      await store.disconnect?.();
    },
  };
}
