import { LocalEmbeddings } from "@batchwise/local";
import { type Embedder, identityOf, type OpenEmbedder } from "../embedder.ts";

/** Models in this process: the one that finds most first, and a small one. */
export const LOCAL_MODELS: readonly string[] = ["all-MiniLM-L6-v2", "universal-sentence-encoder-lite"];

/** Embedder in this process, not open yet: free, without a key and without a server. */
export function localEmbedder(model: string | undefined = LOCAL_MODELS[0]): OpenEmbedder {
  return (notify) => open(model, notify);
}

/** `notify` reports the conversion at a first start. */
async function open(model: string | undefined, notify: (text: string) => void): Promise<Embedder> {
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
    place: threads === 1 ? "1 thread" : `${threads} threads`,
    isPaid: false,
    documents: embeddings,
    questions: embeddings,
    close: () => embeddings.close(),
  };
}
