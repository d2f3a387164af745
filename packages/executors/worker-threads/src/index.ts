export { defineWorker, type WorkerBody, type WorkerDefinition, type WorkerFunction } from "./define-worker.ts";
export { WorkerCrashError, WorkerLoadError } from "./errors.ts";
export type { ThreadPoolOptions } from "./options.ts";
export { ThreadPool, threadPool } from "./thread-pool.ts";
