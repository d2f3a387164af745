// Answers questions from the lines of a file: vectors find the nearest lines, and Cohere orders them.
import { readFile } from "node:fs/promises";
import { CohereRerank } from "@batchwise/cohere";
import { bulkRunnable } from "@batchwise/core";
import { LocalEmbeddings } from "@batchwise/local";

const [file = "reviews.txt", ...questions] = process.argv.slice(2);
if (questions.length === 0) questions.push("Does it keep the rain out?");
const lines = (await readFile(file, "utf8")).trimEnd().split(/\r?\n/);

const embeddings = new LocalEmbeddings();
const vectors = await embeddings.batch(lines);

const cosine = (left: Float32Array, right: Float32Array): number =>
  left.reduce((sum, value, index) => sum + value * right[index]!, 0);

/** Each question with the five lines that are nearest to it. */
const nearest = bulkRunnable(async (asked: readonly string[], options) =>
  (await embeddings.batch(asked, options)).map((vector, index) => {
    const scores = vectors.map((each) => cosine(each, vector));
    const best = [...lines.keys()].toSorted((left, right) => scores[right]! - scores[left]!).slice(0, 5);
    return { query: asked[index]!, documents: best.map((position) => lines[position]!) };
  }),
);

const search = nearest.pipe(new CohereRerank({ model: "rerank-v3.5", topN: 2 }));
for await (const { input, ...outcome } of search.batchInOrder(questions)) {
  console.log(input);
  if (outcome.status === "fulfilled") for (const { document } of outcome.value) console.log(`  ${document}`);
  else console.error(`  ${outcome.reason.message}`);
}
