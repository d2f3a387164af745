import { defineWorker, type WorkerDefinition } from "@batchwise/worker-threads";
import type { Network } from "./model.ts";
import { Session } from "./session.ts";
import type { TokenBatch } from "./signature.ts";

/** Program of each thread: one session. */
const worker: WorkerDefinition<TokenBatch, Float32Array> = defineWorker(async (network: Network) => {
  const session = await Session.open(network);
  return (batch: TokenBatch) => session.run(batch);
});
export default worker;
