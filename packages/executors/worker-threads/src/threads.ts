import type { CallReport, Clock } from "@batchwise/core";
import type { Piscina } from "piscina";
import type { SHARE_ENV, Transferable } from "node:worker_threads";
import { ABORTED, newState, PHASE, type Reply, STARTED, type Task, type ThreadData } from "./message.ts";
import { Semaphore } from "./semaphore.ts";
import { ENTRY } from "./worker-module.ts";

/** Settings of the threads. */
export interface ThreadsSettings {
  readonly threads: number;
  readonly threadData: ThreadData;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly resourceLimits: object | undefined;
  readonly execArgv: string[] | undefined;
  readonly env: Readonly<Record<string, string>> | typeof SHARE_ENV | undefined;
}

/** Options of one message. */
export interface SendOptions {
  readonly signal?: AbortSignal;
  readonly report?: (report: CallReport) => void;
  readonly transfer?: readonly Transferable[];
}

/** Outcome of a message. */
export type Answer =
  | { readonly status: "answered"; readonly reply: Reply }
  /** The thread ended first. `started` is false when it was still loading the worker. */
  | { readonly status: "crashed"; readonly started: boolean; readonly reason: unknown }
  /** The inputs cannot be put in a message. */
  | { readonly status: "unsendable"; readonly reason: unknown };

/**
 * Threads of Piscina. It gets no task that it could not start at once: its own queue stalls when a thread dies while it
 * starts, or when an abort ends one.
 */
export class Threads {
  readonly #settings: ThreadsSettings;
  readonly #semaphore: Semaphore;
  readonly #kills = new Set<AbortController>();
  /** Tasks that were aborted and have not stopped. */
  readonly #stopping = new Set<Promise<Answer>>();
  #piscina: Promise<Piscina> | undefined;
  #lastError: unknown;

  constructor(settings: ThreadsSettings) {
    this.#settings = settings;
    this.#semaphore = new Semaphore(settings.threads);
  }

  /**
   * Sends one message and resolves to its outcome, also when its thread ends.
   *
   * @throws the signal's reason, at once, when `signal` is aborted. The thread has `graceMs` to stop, then it is ended.
   */
  async send(inputs: readonly unknown[], options: SendOptions): Promise<Answer> {
    const { signal } = options;
    await this.#semaphore.acquire(signal);
    const kill = new AbortController();
    const task: Task = { inputs, state: newState() };
    const answer = this.#run(task, kill, options.transfer).finally(() => this.#semaphore.release());
    return signal === undefined ? answer : this.#untilAborted(answer, task, kill, signal);
  }

  /** Ends the threads, even those at work. One whose task was aborted has its time to stop: it may be amid native code. */
  async destroy(): Promise<void> {
    await Promise.all(this.#stopping);
    const piscina = await this.#piscina?.catch(() => undefined);
    await piscina?.destroy();
  }

  async #run(task: Task, kill: AbortController, transfer: readonly Transferable[] = []): Promise<Answer> {
    try {
      const piscina = await (this.#piscina ??= this.#start());
      this.#kills.add(kill);
      const reply: unknown = await piscina.run(task, {
        signal: kill.signal,
        transferList: [...transfer],
      });
      return { status: "answered", reply: reply as Reply };
    } catch (error) {
      const started = Atomics.load(task.state, STARTED) > 0;
      if (!started && isDataCloneError(error)) return { status: "unsendable", reason: error };
      const stranded = error instanceof Error && kill.signal.aborted && error.cause === kill.signal.reason;
      return { status: "crashed", started, reason: stranded ? error.cause : error };
    } finally {
      this.#kills.delete(kill);
    }
  }

  #untilAborted(answer: Promise<Answer>, task: Task, kill: AbortController, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let cancelKill: (() => void) | undefined;
      const onAbort = (): void => {
        reject(signal.reason);
        this.#stopping.add(answer);
        Atomics.store(task.state, PHASE, ABORTED);
        Atomics.notify(task.state, PHASE);
        cancelKill = this.#settings.clock.after(this.#settings.graceMs, () => kill.abort());
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      answer.then(resolve, reject).finally(() => {
        signal.removeEventListener("abort", onAbort);
        this.#stopping.delete(answer);
        cancelKill?.();
      });
    });
  }

  #start(): Promise<Piscina> {
    return this.#makePiscina().catch((error: unknown) => {
      this.#piscina = undefined;
      throw error;
    });
  }

  async #makePiscina(): Promise<Piscina> {
    const { threads, threadData, resourceLimits, execArgv, env } = this.#settings;
    const { Piscina: Pool } = await import("piscina");
    const piscina = new Pool({
      filename: ENTRY,
      // The first thread starts at once, so that flags that threads do not take are refused here.
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Piscina's faster wait would stop a thread's timers and sockets between two tasks.
      atomics: "disabled",
      recordTiming: false,
      workerData: threadData,
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(execArgv === undefined ? {} : { execArgv }),
      ...(env === undefined ? {} : { env }),
    });
    piscina.on("error", (error: unknown) => this.#onIdleError(error));
    piscina.on("workerDestroy", () => queueMicrotask(() => this.#failStranded(piscina)));
    return piscina;
  }

  /** Notes the error of a thread without a task: one that is starting, or is done with its last one. */
  #onIdleError(error: unknown): void {
    this.#lastError = error;
    if (this.#kills.size > 0) return;
    process.emitWarning(
      `A worker thread failed while it had nothing to do: ${error instanceof Error ? error.name : typeof error}. ` +
        "A new one takes its place. Something in the worker module goes on after its function has returned.",
      "BatchwiseWarning",
    );
  }

  /** Fails the tasks that wait when the last thread has died: Piscina starts no other one for them. */
  #failStranded(piscina: Piscina): void {
    const reason = this.#lastError ?? new Error("Expected a worker thread to start, got none, and no error.");
    this.#lastError = undefined;
    if (piscina.threads.length > 0) return;
    for (const kill of this.#kills) kill.abort(reason);
  }
}

function isDataCloneError(error: unknown): boolean {
  return error instanceof DOMException && error.name === "DataCloneError";
}
