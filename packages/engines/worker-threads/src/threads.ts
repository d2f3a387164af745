import type { CallReport, Clock } from "@batchwise/core";
import type { Piscina } from "piscina";
import type { SHARE_ENV, Transferable } from "node:worker_threads";
import { ABORTED, newState, PHASE, type Reply, STARTED, type Task, type ThreadData } from "./message.ts";
import { Permits } from "./permits.ts";
import { ENTRY } from "./worker-module.ts";

/** How the threads are made. */
export interface ThreadsSettings {
  readonly threads: number;
  readonly threadData: ThreadData;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly resourceLimits: object | undefined;
  readonly execArgv: string[] | undefined;
  readonly env: Readonly<Record<string, string>> | typeof SHARE_ENV | undefined;
}

/** What one call of `send` wants. */
export interface SendOptions {
  readonly signal?: AbortSignal;
  readonly report?: (report: CallReport) => void;
  readonly transfer?: readonly Transferable[];
}

/** What became of a message. */
export type Answer =
  | { readonly status: "answered"; readonly reply: Reply }
  /** The thread ended first. `started` is false when it was still loading the worker. */
  | { readonly status: "crashed"; readonly started: boolean; readonly reason: unknown }
  /** The inputs cannot be put in a message. */
  | { readonly status: "unsendable"; readonly reason: unknown };

/**
 * The threads, by Piscina. It gets no task that it could not start at once: its own queue is not looked after when a
 * thread dies while it starts, nor when one is ended by an abort.
 */
export class Threads {
  readonly #settings: ThreadsSettings;
  readonly #permits: Permits;
  readonly #kills = new Set<AbortController>();
  #piscina: Promise<Piscina> | undefined;
  #lastError: unknown;

  constructor(settings: ThreadsSettings) {
    this.#settings = settings;
    this.#permits = new Permits(settings.threads);
  }

  /**
   * Has one message answered, and never hangs for a thread that ended.
   *
   * @throws the signal's reason, at once, when `signal` is aborted. The thread has `graceMs` to stop, then it is ended.
   */
  async send(inputs: readonly unknown[], options: SendOptions): Promise<Answer> {
    const { signal } = options;
    await this.#permits.acquire(signal);
    const kill = new AbortController();
    const task: Task = { inputs, state: newState() };
    const answer = this.#run(task, kill, options.transfer).finally(() => this.#permits.release());
    return signal === undefined ? answer : this.#untilAborted(answer, task, kill, signal);
  }

  /** Ends the threads, whatever they do. */
  async destroy(): Promise<void> {
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
        Atomics.store(task.state, PHASE, ABORTED);
        Atomics.notify(task.state, PHASE);
        cancelKill = this.#settings.clock.after(this.#settings.graceMs, () => kill.abort());
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      answer.then(resolve, reject).finally(() => {
        signal.removeEventListener("abort", onAbort);
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
      // The first thread starts at once, so that flags that no thread can have are refused here.
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

  /** A thread failed that had no task: while it started, or long after its last one. */
  #onIdleError(error: unknown): void {
    this.#lastError = error;
    if (this.#kills.size > 0) return;
    process.emitWarning(
      `A worker thread failed while it had nothing to do: ${error instanceof Error ? error.name : typeof error}. ` +
        "A new one takes its place. Something in the worker module goes on after its function has returned.",
      "BatchwiseWarning",
    );
  }

  /** Piscina starts a thread for each waiting task; when the last one dies, nothing would ever take them. */
  #failStranded(piscina: Piscina): void {
    const reason = this.#lastError ?? new Error("Every worker thread ended while it started, without an error.");
    this.#lastError = undefined;
    if (piscina.threads.length > 0) return;
    for (const kill of this.#kills) kill.abort(reason);
  }
}

function isDataCloneError(error: unknown): boolean {
  return error instanceof DOMException && error.name === "DataCloneError";
}
