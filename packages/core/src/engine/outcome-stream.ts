import type { BatchOptions, Inputs, RunnableShape } from "../contract/runnable.ts";
import type { Completed } from "../contract/outcome.ts";
import type { BatchRun } from "./batch-run.ts";
import { isInsideOverride } from "./resolve/call-strategy.ts";
import type { OutcomeQueue } from "./results/outcome-queues.ts";
import { start } from "./start.ts";
import { endedEarly, type Stop } from "./stop.ts";

const HANDED_OUT = "Every outcome that there was has been handed out.";

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
  readonly #open: () => BatchRun<Input, Output>;
  readonly #waiters: Waiter<Completed<Input, Output>>[] = [];
  #batch: BatchRun<Input, Output> | undefined;
  #isOver = false;
  #stop: Stop | undefined;

  constructor(
    runnable: RunnableShape<Input, Output>,
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output>,
    queue: OutcomeQueue<Input, Output>,
  ) {
    // An override that reads outcomes of its own inputs must not be called for them again.
    const mayOverride = !isInsideOverride(runnable, inputs, options);
    this.#queue = queue;
    queue.onOutcome = () => this.#serve();
    this.#open = () =>
      start(runnable, inputs, options, mayOverride, () => ({
        method: queue.method,
        sink: queue,
        failFast: false,
        outcomes: () => [],
        onEnd: (stop) => {
          this.#isOver = true;
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
      this.#queue.wake();
      return Promise.resolve({ value: outcome, done: false });
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      // The first wish starts the work: an iterator that is not read costs nothing.
      if (this.#batch === undefined && !this.#isOver) this.#start();
      this.#serve();
    });
  }

  /** The consumer has had enough: calls in flight are aborted, and the source is closed. */
  return(): Promise<IteratorResult<Completed<Input, Output>, undefined>> {
    const reason = new DOMException("The consumer stopped reading.", "AbortError");
    this.#batch?.end({ status: "aborted", reason }, "cancel");
    this.#isOver = true;
    this.#stop = undefined;
    while (this.#queue.take() !== undefined);
    this.#serve();
    return Promise.resolve({ value: undefined, done: true });
  }

  #start(): void {
    try {
      this.#batch = this.#open();
    } catch (error) {
      this.#isOver = true;
      this.#stop = { status: "aborted", reason: error };
    }
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const outcome = this.#queue.take();
      if (outcome === undefined) break;
      this.#waiters.shift()?.resolve({ value: outcome, done: false });
    }
    if (!this.#isOver || this.#queue.waiting > 0) return;
    for (const waiter of this.#waiters.splice(0)) {
      const stop = this.#stop;
      this.#stop = undefined;
      if (stop === undefined) waiter.resolve({ value: undefined, done: true });
      else waiter.reject(stop.status === "failed" ? endedEarly(stop, [], HANDED_OUT) : stop.reason);
    }
  }
}
