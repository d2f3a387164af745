import { LocalEmbeddings } from "@batchwise/local";
import { type Embedder, identityOf } from "../embedder.ts";

/** Opens the embedder that computes in this process, for nothing. `say` hears of the conversion at a first start. */
export async function openLocalEmbedder(say: (text: string) => void): Promise<Embedder> {
  const embeddings = new LocalEmbeddings({
    onStatus: (status) => {
      if (status.stage === "converting") say("converting the weights, once on this machine");
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
