import { BatchwiseError, type BatchwiseErrorOptions } from "@batchwise/core";

/** The queue's database cannot be used: unreachable for too long, in use by another process, or of a newer version. */
export class QueueDatabaseError extends BatchwiseError {
  static override readonly kind: string = "QueueDatabaseError";

  constructor(message: string, options: BatchwiseErrorOptions = {}) {
    super(message, { code: "network_error", ...options });
  }
}

/** Every worker that was given this chunk of inputs ended before it could answer. */
export class WorkerLostError extends BatchwiseError {
  static override readonly kind: string = "WorkerLostError";

  constructor(message: string, options: BatchwiseErrorOptions = {}) {
    super(message, { code: "worker_crashed", ...options });
  }
}

/** No worker has taken this Runnable in this version for longer than `noWorkerMs`. */
export class NoWorkerError extends BatchwiseError {
  static override readonly kind: string = "NoWorkerError";

  constructor(message: string, options: BatchwiseErrorOptions = {}) {
    super(message, { code: "timeout", ...options });
  }
}
