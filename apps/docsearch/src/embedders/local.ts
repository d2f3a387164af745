import { LocalEmbeddings } from "@batchwise/local";
import { type Embedder, identityOf } from "../embedder.ts";

/** Opens the free embedder in this process. `notify` reports the conversion at a first start. */
export async function openLocalEmbedder(notify: (text: string) => void): Promise<Embedder> {
  const embeddings = new LocalEmbeddings({
    onStatus: (status) => {
      if (status.stage === "converting") notify("converting the weights, once on this machine");
    },
  });
  const { name, dimensions, threads } = await embeddings.load();
  return {
    name,
    identity: identityOf(name, dimensions),
    dimensions,
    place: threads === 1 ? "1 thread" : `${threads} threads`,
    isPaid: false,
    documents: embeddings,
    questions: embeddings,
    close: () => embeddings.close(),
  };
}
