import {
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  type Completed,
  type Inputs,
  type Middleware,
  Runnable,
  type RunnableSettings,
  withConfig,
  withFallbacks,
} from "@batchwise/core";
import { calleeOf, isOverridden, standFor } from "@batchwise/core/wrappers";
import { resultOf } from "./single-flight.ts";
import type { CacheStats } from "./cache-monitor.ts";
import type { Coordinator } from "./coordinator.ts";
import type { ResultStore } from "./result-store.ts";
import { saving } from "./saving.ts";

/** Runnable with a cache before it. */
export interface CachedRunnable<Input, Output> extends Runnable<Input, Output> {
  /** Counts of what has been answered, sent and saved so far. */
  stats(): CacheStats;
  /**
   * Opens the store and looks through it, so that one which cannot be used is known before anything is sent. Without it
   * the store is opened when it is first needed.
   *
   * @throws ArgumentError that says what to do; with `onStoreError: "continue"` it is a warning
   */
  open(): Promise<void>;
}

/** Parts of a cached Runnable. */
export interface Parts<Input, Output> {
  readonly inner: Runnable<Input, Output>;
  readonly coordinator: Coordinator<Input, Output>;
  readonly results: Pick<ResultStore<Output>, "failing" | "open">;
  readonly stats: CacheStats;
}

/** Inputs in one look-up: of an array, and of a source that is not to be read far ahead. */
const ARRAY_LOOK_UP = 1000;
const LAZY_LOOK_UP = 16;

/** Error of an input that goes on to be sent. No caller sees it. */
const NOT_FOUND = new Error("Expected an entry of the cache, got none.");

/**
 * Looks inputs up before the engine packs them: what the store has passes no limit and fills no request, and what it
 * has not goes out in requests as full as without a cache. A batch is two stages, look-ups and, for what these do not
 * find, calls; so order, backpressure, abort and progress are the engine's own.
 *
 * The calls are the inner Runnable's, with middleware around them that saves. It looks up as well: a wrapper
 * (`withRetry`, `withConfig`) has the engine make the calls alone.
 */
export class Cached<Input, Output> extends Runnable<Input, Output> implements CachedRunnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #parts: Parts<Input, Output>;
  readonly #ofArray: Runnable<Input, Output>;
  readonly #ofSource: Runnable<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super();
    const { inner, coordinator } = parts;
    const { middleware = [], ...settings } = settingsOf(inner);
    this.#parts = parts;
    this.settings = { ...settings, middleware: [...middleware, saving(coordinator, inner)] };
    this.#ofArray = this.#stages(ARRAY_LOOK_UP);
    this.#ofSource = this.#stages(LAZY_LOOK_UP);
    standFor(this, inner, this.#ofSource);
  }

  override invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    return invokeOne(this.#parts, input, options);
  }

  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<Output[]> {
    // One that fails fast ends by itself, with what finished in its error.
    const own = options?.returnExceptions === true ? this.#endingWithStore(options) : options;
    return (await this.#stagesFor(inputs).batch(inputs, own)) as Output[];
  }

  override batchAsCompleted(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return this.#stagesFor(inputs).batchAsCompleted(inputs, this.#endingWithStore(options));
  }

  override batchInOrder(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return this.#stagesFor(inputs).batchInOrder(inputs, this.#endingWithStore(options));
  }

  stats(): CacheStats {
    return { ...this.#parts.stats };
  }

  open(): Promise<void> {
    return this.#parts.results.open();
  }

  /** Options of a batch that a broken store ends: once, and not input by input. */
  #endingWithStore(options: BatchOptions<Input, Output>): BatchOptions<Input, Output> {
    const { drain } = options ?? {};
    // What is wrong with the options is the engine's to say.
    if (options === null || (drain !== undefined && !(drain instanceof AbortSignal))) return options;
    const failing = this.#parts.results.failing();
    return { ...options, drain: drain === undefined ? failing : AbortSignal.any([drain, failing]) };
  }

  #stagesFor(inputs: Inputs<Input>): Runnable<Input, Output> {
    return Array.isArray(inputs) ? this.#ofArray : this.#ofSource;
  }

  #stages(maxInputs: number): Runnable<Input, Output> {
    const calls = withConfig(this, {});
    // An author's own batch packs by itself: it gets whole arrays, of which the calls look up and send what is missing.
    if (isOverridden(calleeOf(this.#parts.inner))) return calls;
    const { callOptions, dedupe, middleware = [], schema } = this.settings;
    const lookUps = bulkRunnable<Input, Output>((some, options) => this.#find(some, options), {
      lookUp: true,
      maxConcurrency: 1,
      request: { maxInputs },
      callOptions,
      dedupe,
      schema,
    });
    const listening = middleware.map((each): Middleware => ({ batch: (info) => each.batch?.(info) }));
    return withConfig(withFallbacks(lookUps, [calls]), { middleware: listening });
  }

  async #find(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    const outcomes = await this.#parts.coordinator.lookUp(inputs, options);
    return outcomes.map((outcome) => (outcome === undefined ? NOT_FOUND : resultOf(outcome)));
  }
}

/** Settings of the inner Runnable, without its offline jobs, which would go past the cache. */
export function settingsOf<Input, Output>(inner: Runnable<Input, Output>): RunnableSettings<Input, Output> {
  const { jobs: _, ...settings } = inner.settings ?? {};
  return settings;
}

/** One input, by the inner Runnable's own `invoke` where it has to be sent. */
export async function invokeOne<Input, Output>(
  { inner, coordinator }: Parts<Input, Output>,
  input: Input,
  options: CallOptions,
): Promise<Output> {
  const question = { inputs: [input], options, schema: inner.settings?.schema };
  const { outcomes, thrown } = await coordinator.answer(question, async () => [
    { value: await inner.invoke(input, options) },
  ]);
  const [outcome] = outcomes;
  if (thrown !== undefined) throw thrown.error;
  if (outcome?.error !== undefined) throw outcome.error;
  return outcome?.value as Output;
}
