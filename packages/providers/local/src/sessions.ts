import { BatchwiseError, toError } from "@batchwise/core";
import { threadPool, type ThreadPool, WorkerLoadError } from "@batchwise/worker-threads";
import type { Network } from "./model.ts";
import { Session } from "./session.ts";
import type { TokenBatch } from "./signature.ts";

/** Sessions that share a model's work. */
export interface Sessions {
  /**
   * The vectors of each batch, texts x dimensions, or why there are none.
   *
   * @throws the signal's reason once it is aborted. What a thread is computing then is computed to its end, unused.
   */
  run(batches: readonly TokenBatch[], signal: AbortSignal | undefined): Promise<readonly (Float32Array | Error)[]>;
  close(): Promise<void>;
}

/** One session in each of `threads` threads; with 0, one in the calling thread, which it blocks while it computes. */
export function openSessions(network: Network, threads: number): Sessions {
  switchOffTelemetry();
  return threads === 0 ? sessionHere(network) : sessionsInThreads(network, threads);
}

/**
 * Keeps onnxruntime, unless the user wants it, from sending events to its maker and from writing an identifier of the
 * machine into the home folder, which it does by default since 1.29 (microsoft/onnxruntime#27379). Its reading of the
 * command line, besides, ends the process where that is longer than some 15 kB. It looks at the variable once, and a
 * thread has only a copy of the environment: so before any thread is started.
 */
function switchOffTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ||= "1";
}

function sessionsInThreads(network: Network, threads: number): Sessions {
  // A build has ./worker.js; the sources have ./worker.ts, which the pool finds too.
  const pool: ThreadPool<TokenBatch, Float32Array> = threadPool(new URL("./worker.js", import.meta.url), {
    threads,
    workerData: network,
    transferOutputs: true,
  });
  return {
    async run(batches, signal) {
      // What a thread computes is computed to its end, and `close` waits for it: the native runtime cannot be
      // interrupted, and a thread that is ended amid it takes the whole process along.
      const run = pool.batch(batches, { drain: signal, retry: false, returnExceptions: true });
      const slots = await (signal === undefined ? run : untilAborted(run, signal));
      return slots.map((slot) => (slot instanceof Error ? withoutWrapper(slot) : slot));
    },
    close: () => pool.close(),
  };
}

/** The outcome, or a rejection with the signal's reason, at once. */
function untilAborted<Outcome>(outcome: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(toError(signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    outcome.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function sessionHere(network: Network): Sessions {
  const session = Session.open(network);
  // A batch hears of it when it runs; until then it must not be an unhandled rejection.
  session.catch(() => undefined);
  return {
    async run(batches, signal) {
      const outcomes: (Float32Array | Error)[] = [];
      for (const batch of batches) {
        signal?.throwIfAborted();
        outcomes.push(await (await session).run(batch).catch(toError));
      }
      return outcomes;
    },
    close: async () => (await session).close(),
  };
}

/** Unwraps what went wrong in the worker's setup. */
function withoutWrapper(error: Error): Error {
  return WorkerLoadError.isInstance(error) && BatchwiseError.isInstance(error.cause) ? error.cause : error;
}
