import { workerData } from "node:worker_threads";
import { type LoadedWorker, loadWorker } from "./load-worker.ts";
import type { Reply, Task, ThreadData } from "./message.ts";
import { runTask } from "./run-task.ts";
import { transferablesIn } from "./transfer.ts";
import { encodeError } from "./wire-error.ts";

const { module, data, transferOutputs } = workerData as ThreadData;
let loading: Promise<LoadedWorker> | undefined;

/** Answers one message, in a thread. It never rejects, so that a rejection always means that the thread ended. */
export default async function work(task: Task): Promise<unknown> {
  let worker: LoadedWorker;
  try {
    loading ??= loadWorker(module, data);
    worker = await loading;
  } catch (error) {
    loading = undefined;
    return { status: "unloaded", error: encodeError(error) } satisfies Reply;
  }
  const reply = await runTask(worker, task, transferOutputs);
  return transferOutputs ? moved(reply) : reply;
}

async function moved(reply: Reply): Promise<unknown> {
  const { move, transferableSymbol, valueSymbol } = await import("piscina");
  const message = { [transferableSymbol]: transferablesIn(reply), [valueSymbol]: reply };
  // Piscina's type has its symbols' names as strings.
  return move(message as unknown as Parameters<typeof move>[0]);
}
