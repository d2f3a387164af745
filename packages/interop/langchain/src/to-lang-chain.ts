// oxlint-disable no-underscore-dangle -- these are LangChain's own names
import { anySignal, checkOption, defined, requireMethods } from "@batchwise/adapter-kit";
import {
  ArgumentError,
  BatchError,
  type BatchOptions,
  type Completed,
  invokeThroughBatch,
  type Runnable,
  toError,
} from "@batchwise/core";
import { type RunnableBatchOptions, type RunnableConfig, Runnable as TheirRunnable } from "@langchain/core/runnables";
import { forLangChain } from "./errors.ts";

/** The config that a call of theirs brings, and what of it holds here. */
export interface BatchwiseConfig extends RunnableConfig {
  /** Requests in flight at once. @default the Runnable's own */
  maxConcurrency?: number;
  /** Milliseconds that one call may take, from its dispatch; waiting for a limit is not counted. */
  timeout?: number;
  /** Further calls for an input that failed; 0 for none. @default the Runnable's own `retry` */
  maxRetries?: number;
}

/** Options of `toLangChain`: how each batch runs, where the config of a call says nothing else. */
export interface ToLangChainOptions<Input, Output> extends Omit<BatchOptions<Input, Output>, "returnExceptions"> {
  /** Its name in traces. @default the class's name */
  readonly name?: string;
}

/**
 * Any Runnable of Batchwise as one of LangChain's: for LCEL, agents and traces. `invoke` and `batch` run through the
 * engine, with retries and limits; `stream` gives the output as one chunk.
 *
 * @throws ArgumentError where `ours` is not a Runnable
 *
 * @example
 * const chain = prompt.pipe(toLangChain(chat)).pipe(parser);
 */
export function toLangChain<Input, Output>(
  ours: Runnable<Input, Output>,
  options: ToLangChainOptions<Input, Output> = {},
): BatchwiseRunnable<Input, Output> {
  return new BatchwiseRunnable(ours, options);
}

/** Runnable of LangChain that `toLangChain` makes. */
export class BatchwiseRunnable<Input, Output> extends TheirRunnable<Input, Output, BatchwiseConfig> {
  override lc_namespace: string[] = ["batchwise", "runnables"];
  readonly #ours: Runnable<Input, Output>;
  readonly #options: BatchOptions<Input, Output>;

  static override lc_name(): string {
    return "BatchwiseRunnable";
  }

  /** @throws ArgumentError where `ours` is not a Runnable */
  constructor(ours: Runnable<Input, Output>, options: ToLangChainOptions<Input, Output> = {}) {
    super({});
    requireMethods(ours, ["invoke", "batch"], "a Runnable of Batchwise");
    const { name = ours.constructor.name, ...batchOptions } = options;
    this.name = name;
    this.#ours = ours;
    this.#options = batchOptions;
  }

  /** @throws what the input failed with, or the signal's reason */
  override invoke(input: Input, config: Partial<BatchwiseConfig> = {}): Promise<Output> {
    const { timeout, ...rest } = config;
    return this._callWithConfig(
      async (given: Input, { signal, ...own }: Partial<BatchwiseConfig> = {}) => {
        try {
          return await invokeThroughBatch(
            this.#ours,
            given,
            this.#optionsFor({ ...own, ...defined({ timeout }) }, signal),
          );
        } catch (error) {
          throw forLangChain(toError(error));
        }
      },
      input,
      rest,
    );
  }

  /**
   * Outputs in input order, all through one batch of the engine; each input is a run of its own in traces.
   *
   * With `returnExceptions` an input that failed has its Error in its slot, and an input that is an Error is what an
   * earlier step failed with: it stays that, and is not sent (P1).
   *
   * @throws what the first input failed with, unless `returnExceptions`
   * @throws ArgumentError for `batchOptions` that are not LangChain's
   */
  override batch(inputs: Input[], options?: Configs, batchOptions?: Batching<false>): Promise<Output[]>;
  override batch(inputs: Input[], options?: Configs, batchOptions?: Batching): Promise<(Output | Error)[]>;
  override async batch(
    inputs: Input[],
    options: Configs = {},
    batchOptions: Batching = {},
  ): Promise<(Output | Error)[]> {
    checkBatching(batchOptions);
    const { returnExceptions = false, maxConcurrency } = batchOptions;
    const [first = {}] = Array.isArray(options) ? options : [options];
    const configs = this._getOptionsList(withoutTimeouts(options), inputs.length);
    const entries: Entry<Input, Output>[] = [];
    const runs = inputs.map((input, index) => {
      if (returnExceptions && input instanceof Error) return Promise.resolve(input);
      const entry = { input, ...Promise.withResolvers<Output>() };
      // Their run may still be starting when it fails, and not listening yet.
      entry.promise.catch(() => undefined);
      entries.push(entry);
      return this._callWithConfig(() => entry.promise, input, configs[index] ?? {});
    });
    const own = { ...defined({ maxConcurrency }), ...first };
    void this.#settle(entries, this.#optionsFor(own, commonSignal(configs)), !returnExceptions);
    return Promise.all(returnExceptions ? runs.map((run) => run.catch(toError)) : runs);
  }

  /** Runs the engine, and settles every entry: as its outcome comes, or all at the end of a batch that may fail fast. */
  async #settle(
    entries: readonly Entry<Input, Output>[],
    options: BatchOptions<Input, Output>,
    failFast: boolean,
  ): Promise<void> {
    const inputs = entries.map(({ input }) => input);
    try {
      if (failFast) {
        // Only here is it sure that nothing starts after the first failure (P11).
        const outputs = await this.#ours.batch(inputs, { ...options, returnExceptions: false });
        for (const [index, output] of outputs.entries()) entries[index]?.resolve(output);
      } else {
        for await (const outcome of this.#ours.batchAsCompleted(inputs, options)) settle(entries, outcome);
      }
    } catch (error) {
      if (BatchError.isInstance(error)) {
        for (const outcome of error.outcomes) settle(entries, outcome as Completed<Input, Output>);
      }
      const reason = BatchError.isInstance(error) ? error.cause : error;
      for (const entry of entries) entry.reject(forLangChain(toError(reason)));
    }
  }

  #optionsFor(config: Partial<BatchwiseConfig>, signal: AbortSignal | undefined): BatchOptions<Input, Output> {
    const { maxConcurrency, timeout, maxRetries } = config;
    const retry = this.#options.retry ?? this.#ours.settings?.retry;
    return {
      ...this.#options,
      ...defined({ maxConcurrency, timeoutMs: timeout, signal: anySignal(signal, this.#options.signal) }),
      ...(maxRetries === undefined ? {} : { retry: { ...(retry === false ? {} : retry), attempts: maxRetries + 1 } }),
    };
  }
}

/** One config for all inputs, or one for each. */
type Configs = Partial<BatchwiseConfig> | Partial<BatchwiseConfig>[];
type Batching<Exceptions extends boolean = boolean> = RunnableBatchOptions & { returnExceptions?: Exceptions };

const BATCHING: readonly string[] = ["returnExceptions", "maxConcurrency"] satisfies (keyof Batching)[];

/** LangChain hears two options in its third argument, and says nothing of any other. */
function checkBatching(options: Batching): void {
  checkOption("batchOptions", options, {
    type: "object",
    description: "",
    expected: "an object such as { returnExceptions: true }",
  });
  const unknown = Object.keys(options).find((name) => !BATCHING.includes(name));
  if (unknown === undefined) return;
  throw new ArgumentError(
    `Expected \`batchOptions\` to have only ${BATCHING.join(" and ")}, got \`${unknown}\`. ` +
      "Put what LangChain takes for a call, such as timeout and maxRetries, into the second argument.",
  );
}

/** An input on its way. */
interface Entry<Input, Output> extends PromiseWithResolvers<Output> {
  readonly input: Input;
}

function settle<Input, Output>(entries: readonly Entry<Input, Output>[], outcome: Completed<Input, Output>): void {
  const entry = entries[outcome.index];
  if (outcome.status === "fulfilled") entry?.resolve(outcome.value);
  else entry?.reject(forLangChain(outcome.reason));
}

/** Theirs would run from now on, for all inputs at once: ours runs from each call's dispatch (P13). */
function withoutTimeouts(options: Configs): Configs {
  return Array.isArray(options) ? options.map(withoutTimeout) : withoutTimeout(options);
}

function withoutTimeout({ timeout: _timeout, ...rest }: Partial<BatchwiseConfig>): Partial<BatchwiseConfig> {
  return rest;
}

/** The signal of all inputs. Where each has its own, one that is aborted when all of them are. */
function commonSignal(configs: readonly Partial<BatchwiseConfig>[]): AbortSignal | undefined {
  const signals = new Set(configs.map(({ signal }) => signal));
  const [only] = signals;
  if (signals.size <= 1 || signals.has(undefined)) return signals.size === 1 ? only : undefined;
  const controller = new AbortController();
  for (const signal of signals as Set<AbortSignal>) {
    const onAbort = (): void => {
      if (signals.delete(signal) && signals.size === 0) controller.abort(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  }
  return controller.signal;
}
