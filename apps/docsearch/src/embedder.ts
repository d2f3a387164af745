import type { Runnable } from "@batchwise/core";
import { LocalEmbeddings } from "@batchwise/local";

/** What turns texts into vectors, and what there is to know of it. */
export interface Embedder {
  /** Names the model, and with it the folder of its vectors. */
  readonly name: string;
  /** Length of each vector. Vectors are of length 1, so that a dot product is a cosine. */
  readonly dimensions: number;
  /** Where it computes, as a phrase: "2 threads". */
  readonly place: string;
  readonly embeddings: Runnable<string, Float32Array>;
  close(): Promise<void>;
}

/** Opens the embedder that everything here uses. `onConvert` is called when a first start has to convert the model. */
export async function openEmbedder(onConvert: () => void): Promise<Embedder> {
  const embeddings = new LocalEmbeddings({
    onStatus: (status) => {
      if (status.stage === "converting") onConvert();
    },
  });
  const { name, dimensions, threads } = await embeddings.load();
  return {
    name,
    dimensions,
    place: threads === 1 ? "1 thread" : `${threads} threads`,
    embeddings,
    close: () => embeddings.close(),
  };
}
