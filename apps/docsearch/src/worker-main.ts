import { createWorker, postgresBackend } from "@batchwise/queue";
import { ignoreInterrupts } from "@batchwise/terminal";
import { localEmbedder } from "./embedders/local.ts";
import { resolveProviders, type ProviderChoice } from "./providers.ts";
import { QUEUE_NAME } from "./shared-documents.ts";
import { OPTIONS_VARIABLE, type WorkerOptions } from "./worker-processes.ts";

/** Worker that embeds what its parent process puts on the queue, until the parent ends. */
const { embedding, version, databaseURL } = JSON.parse(process.env[OPTIONS_VARIABLE] ?? "{}") as WorkerOptions;
// Ctrl-C reaches every process of a terminal; the parent decides when to end.
ignoreInterrupts();

const choice = JSON.parse(embedding) as ProviderChoice;
const workingFolder = process.env["INIT_CWD"] ?? process.cwd();
const { openEmbedder } = await resolveProviders(choice, {
  environment: process.env,
  workingFolder,
  localEmbedder,
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
