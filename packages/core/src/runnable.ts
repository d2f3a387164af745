import { invokeThroughBatch } from "./compose/invoke-through-batch.ts";
import type { Estimate } from "./contract/report.ts";
import type { CallOptions } from "./contract/call.ts";
import type {
  BatchOptions,
  Chain,
  ChainStage,
  Inputs,
  RunnableLike,
  RunnableSettings,
  RunnableShape,
} from "./contract/runnable.ts";
import { ArgumentError } from "./contract/errors.ts";
import { kindOf } from "./contract/kind-of.ts";
import { BASE_BATCH, CONTRACT_VERSION, RUNNABLE, STAGES } from "./contract/marks.ts";
import type { Middleware } from "./contract/middleware.ts";
import type { Completed } from "./contract/outcome.ts";
import { requireVersion } from "./contract/require-version.ts";
import { batch } from "./engine/batch.ts";
import { OutcomeStream } from "./engine/outcome-stream.ts";
import { stagesOf } from "./engine/pipeline/chain-stages.ts";
import { estimate } from "./engine/resolve/estimate.ts";
import { CompletionQueue, OrderedQueue } from "./engine/results/outcome-queues.ts";

/**
 * Turns one input into one output (`invoke`), or many into many (`batch`).
 *
 * A subclass gives `invoke`. One that can do better also gives `invokeMany` and its limits in `settings`, or overrides
 * `batch` whole; every other method and every wrapper then uses that.
 *
 * @example
 * class Shout extends Runnable<string, string> {
 *   override async invoke(text: string): Promise<string> {
 *     return text.toUpperCase();
 *   }
 * }
 * const outputs = await new Shout().batch(["a", "b"]); // ["A", "B"]
 */
export abstract class Runnable<Input, Output> implements RunnableShape<Input, Output> {
  /** Settings by which this Runnable is run. Options of a call win over them. */
  readonly settings?: RunnableSettings<Input, Output>;

  /**
   * One input to one output: one plain call, with no retry and no limits of its own.
   *
   * @throws the error that keeps the output from being made
   */
  abstract invoke(input: Input, options?: CallOptions): Promise<Output>;

  /**
   * Optional: many inputs in one call, never more than `settings.request` allows. Resolves to one result for each
   * input, in their order; an Error in a slot fails that slot alone.
   *
   * @throws the error that keeps all outputs from being made. The engine finds out which input is to blame.
   */
  invokeMany?(inputs: readonly Input[], options: CallOptions): Promise<readonly (Output | Error)[]>;

  /**
   * Outputs in input order. With nothing overridden, calls `invoke` for one input after another.
   *
   * @throws BatchError at the first failure, with everything that finished in `outcomes`; the calls in flight are
   * aborted. With `returnExceptions`, an input that failed has its Error in its slot instead, and only a source that
   * throws rejects.
   * @throws the signal's reason, when aborted or drained without `returnExceptions`
   * @throws ArgumentError for inputs or options that can't be worked with; nothing has been called then
   */
  batch(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> & { readonly returnExceptions: true },
  ): Promise<(Output | Error)[]>;
  batch(
    inputs: Inputs<Input>,
    options?: BatchOptions<Input, Output> & { readonly returnExceptions?: false },
  ): Promise<Output[]>;
  batch(inputs: Inputs<Input>, options?: BatchOptions<Input, Output>): Promise<(Output | Error)[]>;
  batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}, ...more: []): Promise<(Output | Error)[]> {
    if (more.length > 0)
      return Promise.reject(new ArgumentError("Expected `options` to be one object, got two. Merge them."));
    return batch(this, inputs, options);
  }

  /**
   * Outcomes as they complete, pulled lazily from any iterable: the source is never further ahead than the calls in
   * flight and one request that is being filled. An item's failure is an outcome and never thrown. Leaving the loop
   * aborts what is in flight. Nothing starts before the first `next()`.
   *
   * @throws BatchError when the source throws, after everything that it gave has been handed out
   * @throws the signal's reason, when aborted or drained, after what had finished
   */
  batchAsCompleted(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return new OutcomeStream(this, inputs, options, new CompletionQueue());
  }

  /** The same in input order: early outcomes are held back, at most as many as may be under way at once. */
  batchInOrder(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return new OutcomeStream(this, inputs, options, new OrderedQueue());
  }

  /**
   * Requests, tokens and cost that `batch` would take, before anything is sent, and the shortest time that the known
   * limits allow. Weights are the Runnable's own, which may be upper bounds.
   *
   * @throws ArgumentError for an async source, which can't be looked into without using it up
   */
  estimate(inputs: Iterable<Input>, options: BatchOptions<Input, Output> = {}): Estimate {
    return estimate(this, inputs, options);
  }

  /**
   * This Runnable, and then `next` on its outputs. Both work at once, each by its own strategy; an input that fails here
   * never reaches `next`. An explicit `maxConcurrency` holds for both together.
   */
  pipe<Next>(next: RunnableLike<Output, Next>): Runnable<Input, Next> {
    return new RunnableChain<Input, Next>([...stagesOf(this), ...stagesOf(toRunnable(next))], "fulfilled");
  }
}

Object.defineProperty(Runnable.prototype, RUNNABLE, { value: CONTRACT_VERSION });
// oxlint-disable-next-line typescript/unbound-method -- it is marked here, not called
Object.defineProperty(Runnable.prototype.batch, BASE_BATCH, { value: true });

/** Tells whether `value` is a Runnable, from this copy of the package or another. */
export function isRunnable(value: unknown): value is Runnable<unknown, unknown> {
  return typeof value === "object" && value !== null && RUNNABLE in value;
}

/** A plain object with `invoke` as a Runnable; a Runnable as it is. */
export function toRunnable<Input, Output>(like: RunnableLike<Input, Output>): Runnable<Input, Output> {
  if (isRunnable(like)) return requireVersion(like as Runnable<unknown, unknown> as Runnable<Input, Output>);
  if (typeof like?.invoke !== "function") {
    throw new ArgumentError(`Expected a Runnable, or an object with invoke(input, options), got ${kindOf(like)}.`);
  }
  return new FunctionRunnable((input, options) => like.invoke(input, options));
}

/** Runnable of a function. */
export class FunctionRunnable<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #call: (input: Input, options?: CallOptions) => Promise<Output>;

  constructor(
    call: (input: Input, options?: CallOptions) => Promise<Output>,
    settings: RunnableSettings<Input, Output> = {},
  ) {
    super();
    this.#call = call;
    this.settings = settings;
  }

  override invoke(input: Input, options?: CallOptions): Promise<Output> {
    return this.#call(input, options);
  }
}

/** Runnables in a row: each passes on what succeeded ("fulfilled": a pipe) or what failed ("rejected": fallbacks). */
export class RunnableChain<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #chain: Chain;

  /** @param middleware of the whole; the stages know already what goes around their calls */
  constructor(stages: readonly ChainStage[], route: Chain["route"], middleware: readonly Middleware[] = []) {
    super();
    this.#chain = { stages, route };
    Object.defineProperty(this, STAGES, { value: this.#chain });
    const callOptions = stages.flatMap(({ runnable }) => runnable.settings?.callOptions ?? []);
    this.settings = { callOptions: [...new Set(callOptions)], ...(middleware.length > 0 ? { middleware } : {}) };
  }

  override async invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const { stages, route } = this.#chain;
    if (stages.some(({ middleware }) => middleware.length > 0)) return invokeThroughBatch(this, input, options);
    let value: unknown = input;
    let failure: unknown;
    for (const { runnable } of stages) {
      try {
        const output: unknown = await runnable.invoke(value, options);
        if (route === "rejected") return output as Output;
        value = output;
      } catch (error) {
        if (route === "fulfilled") throw error;
        failure = error;
      }
    }
    if (route === "rejected") throw failure;
    return value as Output;
  }

  /** All inputs through all stages, for wrappers, which have one call to make. */
  override invokeMany(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    return this.batch(inputs, { ...options, returnExceptions: true });
  }
}
