import { LocalEmbeddings } from "@batchwise/local";
import { type Embedder, identityOf, type OpenEmbedder } from "../embedder.ts";

/** Share of the vectors in a score, by the model in this process; the small one finds less than the words do. */
const MEANING: Readonly<Record<string, number>> = {
  "all-MiniLM-L6-v2": 0.8,
  "universal-sentence-encoder-lite": 0.4,
};

/** Models in this process: the one that finds most first, and a small one. */
export const LOCAL_MODELS: readonly string[] = Object.keys(MEANING);

/** Embedder in this process, not open yet: free, without a key and without a server. */
export function localEmbedder(model: string = "all-MiniLM-L6-v2"): OpenEmbedder {
  return (notify) => open(model, notify);
}

/** `notify` reports the conversion at a first start. */
async function open(model: string, notify: (text: string) => void): Promise<Embedder> {
  const embeddings = new LocalEmbeddings({
    model,
    onStatus: (status) => {
      if (status.stage === "converting") notify("converting the weights, once on this machine");
    },
  });
  const { name, dimensions, threads } = await embeddings.load();
  return {
    name,
    identity: identityOf(name, dimensions),
    dimensions,
    meaning: MEANING[model],
    place: threads === 1 ? "1 thread" : `${threads} threads`,
    isPaid: false,
    documents: embeddings,
    questions: embeddings,
    close: () => embeddings.close(),
  };
}
