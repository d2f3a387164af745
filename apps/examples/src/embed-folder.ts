// Embeds the paragraphs of a folder's Markdown files on this machine, and writes each with its vector as a line of JSON.
import { globSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import path from "node:path";
import { LocalEmbeddings } from "@batchwise/local";

const [folder = ".", output = "vectors.jsonl"] = process.argv.slice(2);

const passages: { file: string; text: string }[] = [];
for (const file of globSync("**/*.md", { cwd: folder, exclude: ["**/node_modules/**"] }).toSorted()) {
  const content = await readFile(path.join(folder, file), "utf8");
  for (const text of content.split(/\n\s*\n/)) passages.push({ file, text });
}

if (passages.length === 0) throw new Error(`Expected a folder with Markdown files, got none in ${folder}.`);

await using embeddings = new LocalEmbeddings();
const texts = passages.map(({ text }) => text);
const vectors = await embeddings.batch(texts, { returnExceptions: true });

await using lines = await open(output, "w");
let failed = 0;
for (const [index, passage] of passages.entries()) {
  const vector = vectors[index]!;
  if (vector instanceof Error) {
    failed++;
    console.error(`${passage.file}: ${vector.message}`);
  } else {
    await lines.write(`${JSON.stringify({ ...passage, vector: Array.from(vector) })}\n`);
  }
}
console.log(`${passages.length - failed} paragraphs are in ${output}, ${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;
