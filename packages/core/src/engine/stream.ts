import type { Completed } from "../completed.ts";
import { BatchError, toError } from "../errors.ts";
import type { BatchOptions, Inputs } from "../options.ts";
import type { Runnable } from "../runnable.ts";
import type { Execution, Stop } from "./execution.ts";
import { launch } from "./launch.ts";
import type { OutcomeQueue } from "./sinks.ts";

interface Waiter<Outcome> {
  readonly resolve: (result: IteratorResult<Outcome, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * `batchAsCompleted` and `batchInOrder`: hands outcomes out one by one, and works no further ahead than its consumer
 * follows. Written by hand: an async generator takes three turns of the event loop for what takes one here.
 */
export class OutcomeStream<Input, Output> implements AsyncIterableIterator<Completed<Input, Output>, undefined> {
  readonly #queue: OutcomeQueue<Input, Output>;
  readonly #launch: () => Execution<Input, Output>;
  readonly #waiters: Waiter<Completed<Input, Output>>[] = [];
  #execution: Execution<Input, Output> | undefined;
  #over = false;
  #stop: Stop | undefined;

  constructor(
    runnable: Runnable<Input, Output>,
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output>,
    mayOverride: boolean,
    queue: OutcomeQueue<Input, Output>,
  ) {
    this.#queue = queue;
    this.#launch = () =>
      launch(runnable, inputs, options, mayOverride, () => ({
        sink: queue,
        failFast: false,
        onOutcome: () => this.#serve(),
        outcomes: () => [],
        onEnd: (stop) => {
          this.#over = true;
          this.#stop = stop;
          this.#serve();
        },
      }));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Completed<Input, Output>, undefined>> {
    const outcome = this.#queue.take();
    if (outcome !== undefined) {
      if (this.#queue.starved) this.#feed();
      return Promise.resolve({ value: outcome, done: false });
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      // The first wish starts the work: an iterator that nobody reads costs nothing.
      if (this.#execution === undefined && !this.#over) this.#start();
      this.#serve();
    });
  }

  /** The consumer has had enough: what is in flight is aborted, and the source told. */
  return(): Promise<IteratorResult<Completed<Input, Output>, undefined>> {
    const reason = new DOMException("The consumer of the outcomes stopped reading.", "AbortError");
    this.#execution?.abort({ status: "aborted", reason });
    this.#over = true;
    this.#stop = undefined;
    while (this.#queue.take() !== undefined);
    this.#serve();
    return Promise.resolve({ value: undefined, done: true });
  }

  #start(): void {
    try {
      this.#execution = this.#launch();
    } catch (error) {
      this.#over = true;
      this.#stop = { status: "aborted", reason: error };
    }
  }

  #feed(): void {
    this.#queue.starved = false;
    this.#execution?.wake();
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const outcome = this.#queue.take();
      if (outcome === undefined) break;
      this.#waiters.shift()?.resolve({ value: outcome, done: false });
    }
    if (!this.#over || this.#queue.waiting > 0) return;
    for (const waiter of this.#waiters.splice(0)) {
      const stop = this.#stop;
      this.#stop = undefined;
      if (stop === undefined) waiter.resolve({ value: undefined, done: true });
      else waiter.reject(stop.status === "failed" ? failure(stop) : stop.reason);
    }
  }
}

function failure(stop: Stop): BatchError {
  const cause = toError(stop.reason);
  return new BatchError(
    `The batch ended early: ${cause.name}, in \`cause\`. Every outcome that there was has been handed out.`,
    {
      cause,
      outcomes: [],
    },
  );
}
