// Embeds the lines of a file. Ctrl-C finishes what is in flight, and the same command resumes where it stopped.
import { readFile } from "node:fs/promises";
import { fileStore, withCache } from "@batchwise/cache";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { listenForInterrupts } from "@batchwise/terminal";

const [file = "reviews.txt"] = process.argv.slice(2);
const texts = (await readFile(file, "utf8")).trimEnd().split(/\r?\n/);

const model = "text-embedding-3-small";
const embeddings = withCache(new OpenAIEmbeddings({ model, request: { maxInputs: 10 } }), {
  namespace: { model },
  store: fileStore({ path: "vectors.sqlite" }),
});

const { drain, signal, close } = listenForInterrupts();
drain.addEventListener("abort", () => console.error("Finishing what is in flight. Ctrl-C again ends at once."));
const vectors = await embeddings.batch(texts, {
  drain,
  signal,
  returnExceptions: true,
  onProgress: ({ done }) => console.error(`${done} of ${texts.length}`),
});
close();

const done = vectors.filter((vector) => vector instanceof Float32Array).length;
console.log(`${done} of ${texts.length} texts have a vector, ${embeddings.stats().hits} from an earlier run.`);
if (drain.aborted) process.exitCode = 130;
else if (done < texts.length) process.exitCode = 1;
