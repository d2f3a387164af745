// Embeds the lines of a file on as many machines as reach one PostgreSQL: `work` on each of them, `submit` on one.
import { readFile } from "node:fs/promises";
import { LocalEmbeddings } from "@batchwise/local";
import { createWorker, distribute, postgresBackend } from "@batchwise/queue";
import { listenForInterrupts } from "@batchwise/terminal";

const [role, file = "reviews.txt"] = process.argv.slice(2);
const embed = new LocalEmbeddings();
await using backend = postgresBackend(); // DATABASE_URL

if (role === "work") {
  await using worker = createWorker({
    backend,
    runnables: { embed },
    onChunk: ({ inputs, status }) => console.log(`${inputs} texts, ${status}`),
  });
  const { drain } = listenForInterrupts();
  drain.addEventListener("abort", () => void worker.drain());
  console.log("Working. Ctrl-C finishes the chunks in progress and ends.");
  await worker.ended;
} else if (role === "submit") {
  const texts = (await readFile(file, "utf8")).trimEnd().split(/\r?\n/);
  // By its name a batch is found again: what was done before a crash is read from the database.
  const distributed = distribute(embed, { backend, name: "embed", chunkSize: 4, batchId: file });
  const vectors = await distributed.batch(texts);
  await distributed.forget();
  console.log(`${vectors.length} vectors of ${vectors[0]?.length} numbers.`);
} else {
  console.error('Expected "work" or "submit".');
  process.exitCode = 1;
}
