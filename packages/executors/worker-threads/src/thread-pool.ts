import { ArgumentError, type CallOptions, Runnable, type RunnableSettings } from "@batchwise/core";
import { deliver, type Outcome } from "./deliver.ts";
import { fillOptions, type ThreadPoolOptions } from "./options.ts";
import { Threads } from "./threads.ts";
import { resolveWorker, threadFlags } from "./worker-module.ts";

/**
 * Makes a Runnable that works in threads: its `batch` spreads CPU-bound work over the machine's cores.
 *
 * @param worker the module that does the work, as in `new URL("./work.js", import.meta.url)`. It default-exports a
 *   function `(input, options) => output`, a Runnable, or what `defineWorker` returns.
 * @throws ArgumentError when there is no such module, or an option is unknown or has a wrong value.
 *
 * @example
 * await using pool = threadPool<number, boolean>(new URL("./is-prime.js", import.meta.url), { threads: 4 });
 * const answers = await pool.batch([2 ** 31 - 1, 2 ** 31 - 2]);
 */
export function threadPool<Input, Output>(worker: URL, options?: ThreadPoolOptions): ThreadPool<Input, Output> {
  return new ThreadPool(worker, options);
}

/** Runnable that `threadPool` returns. Idle threads do not keep the process alive; `close` ends them earlier. */
export class ThreadPool<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #threads: Threads;
  readonly #transferInputs: boolean;
  readonly #calls = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(worker: URL, options: ThreadPoolOptions = {}) {
    super();
    const { threads, chunk, graceMs, clock, workerData, transferInputs, transferOutputs, ...rest } =
      fillOptions(options);
    // One message more than threads would save each thread some 0.03 ms between two messages, but that message's
    // timeoutMs would run while it waits for a thread.
    this.settings = { maxConcurrency: threads, request: { maxInputs: chunk } };
    this.#transferInputs = transferInputs;
    this.#threads = new Threads({
      threads,
      threadData: { module: resolveWorker(worker).href, data: workerData, transferOutputs },
      graceMs,
      clock,
      resourceLimits: rest.resourceLimits,
      execArgv: threadFlags(rest.execArgv),
      env: rest.env,
    });
  }

  /**
   * Works on one input in a thread.
   *
   * @throws the worker's error, with its name, message, stack, fields and cause.
   * @throws WorkerCrashError when the thread ended twice over it, WorkerLoadError when the module cannot be used,
   *   InputError when the input cannot be cloned, ResultError when the output cannot, ArgumentError after `close`.
   */
  async invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const [outcome] = await this.#call([input], options);
    if (!outcome!.ok) throw outcome!.error;
    return outcome!.value as Output;
  }

  /** Works on inputs in one thread, as one message. `batch` makes messages of `chunk` inputs and fills all threads. */
  override async invokeMany(inputs: readonly Input[], options: CallOptions = {}): Promise<(Output | Error)[]> {
    if (inputs.length === 0) return [];
    const outcomes = await this.#call(inputs, options);
    return outcomes.map((outcome) => (outcome.ok ? (outcome.value as Output) : outcome.error));
  }

  /** Waits for the calls in progress, then ends the threads. Later calls fail with an ArgumentError. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #call(inputs: readonly Input[], options: CallOptions): Promise<Outcome[]> {
    if (this.#closing !== undefined) {
      const error = new ArgumentError(
        "Expected an open thread pool, got a closed one. Call close() after the last batch, or make a new pool.",
      );
      return inputs.map(() => ({ ok: false, error }));
    }
    const call = deliver(this.#threads, inputs, {
      ...options,
      transferInputs: this.#transferInputs,
    });
    this.#calls.add(call);
    try {
      return await call;
    } finally {
      this.#calls.delete(call);
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#calls);
    await this.#threads.destroy();
  }
}
