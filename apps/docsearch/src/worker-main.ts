import { createWorker, postgresBackend } from "@batchwise/queue";
import { ignoreInterrupts } from "@batchwise/terminal";
import { openLocalEmbedder } from "./embedders/local.ts";
import { chooseProviders, type ProviderChoice } from "./providers.ts";
import { QUEUE_NAME } from "./shared-documents.ts";
import { ORDER, type WorkerOrder } from "./worker-processes.ts";

/** A worker of docsearch's: embeds what the process that started it puts on the queue, until that one lets it go. */
const { embedding, version, databaseURL } = JSON.parse(process.env[ORDER] ?? "{}") as WorkerOrder;
// Ctrl-C reaches every process of a terminal; when to end is the first one's to say.
ignoreInterrupts();

const choice = JSON.parse(embedding) as ProviderChoice;
const workingFolder = process.env["INIT_CWD"] ?? process.cwd();
const { openEmbedder } = await chooseProviders(choice, {
  environment: process.env,
  workingFolder,
  openLocalEmbedder,
});
const embedder = await openEmbedder(
  () => undefined,
  () => ({}),
);
await using backend = postgresBackend({ url: databaseURL });
const worker = createWorker({ backend, runnables: { [QUEUE_NAME]: embedder.documents }, version });
if (process.connected) process.once("disconnect", () => void worker.drain().catch(() => undefined));
else void worker.drain().catch(() => undefined);
await worker.ended;
await embedder.close();
