import { BatchwiseError, type BatchwiseErrorOptions } from "@batchwise/core";

/**
 * The thread ended while it worked on this item: `process.exit`, an uncaught exception, or out of memory. `cause` says
 * how. The item had a second try in a thread of its own, unless `transferInputs` had moved the input away.
 */
export class WorkerCrashError extends BatchwiseError {
  static override readonly kind: string = "WorkerCrashError";

  constructor(message: string, options: BatchwiseErrorOptions = {}) {
    super(message, { code: "worker_crashed", ...options });
  }
}

/** The worker module could not be loaded or set up, or does not export what a worker needs. No item was worked on. */
export class WorkerLoadError extends BatchwiseError {
  static override readonly kind: string = "WorkerLoadError";
}
