// Embeds the lines of a file for half the price, within a day. The same command finds its jobs again after a crash.
import { readFile, writeFile } from "node:fs/promises";
import { folderStore, offline } from "@batchwise/jobs";
import { OpenAIEmbeddings } from "@batchwise/openai";

const [file = "reviews.txt", output = "vectors.json"] = process.argv.slice(2);
const texts = (await readFile(file, "utf8")).trimEnd().split(/\r?\n/);

const embeddings = offline(new OpenAIEmbeddings({ model: "text-embedding-3-small" }), {
  store: folderStore("jobs"),
  onJob: ({ type }) => console.error(`job ${type}`),
});

const { jobs, cost = 0, liveCost = 0 } = await embeddings.estimateJobs(texts);
console.log(`${texts.length} texts in ${jobs} jobs: at most $${cost.toFixed(6)}, live $${liveCost.toFixed(6)}.`);

const vectors = await embeddings.batch(texts, { returnExceptions: true });
await embeddings.close();

const failed = vectors.filter((vector) => vector instanceof Error);
for (const { message } of failed) console.error(message);
// One row for each line of the file, in order: a vector, or null where it failed.
const rows = vectors.map((vector) => (vector instanceof Error ? null : Array.from(vector)));
await writeFile(output, JSON.stringify(rows));
console.log(`${vectors.length - failed.length} vectors are in ${output}, ${failed.length} texts failed.`);
process.exitCode = failed.length === 0 ? 0 : 1;
