import {
  BatchError,
  type BatchOptions,
  type CallOptions,
  type Completed,
  type Inputs,
  Runnable,
  type RunnableSettings,
  toError,
  withConfig,
} from "@batchwise/core";
import { type CachedRunnable, invokeOne, type Parts, settingsOf } from "./cached.ts";
import { type Outcome, outcomesOf, resultOf } from "./single-flight.ts";
import type { CacheStats } from "./cache-monitor.ts";
import type { Answer } from "./coordinator.ts";

/** Before a Runnable whose author has written `batch`: that one gets what the store has not, in one array. */
export class CachedOverride<Input, Output> extends Runnable<Input, Output> implements CachedRunnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #parts: Parts<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super();
    this.#parts = parts;
    this.settings = settingsOf(parts.inner);
  }

  override invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    return invokeOne(this.#parts, input, options);
  }

  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<Output[]> {
    // The engine makes arrays of it.
    if (!Array.isArray(inputs)) return (await withConfig(this, {}).batch(inputs, options)) as Output[];
    const { inner, coordinator } = this.#parts;
    const schema = options.schema ?? this.settings.schema;
    let failure: unknown;
    const answer = await coordinator.answer({ inputs: inputs as readonly Input[], options, schema }, async (sent) => {
      try {
        return outcomesOf(await inner.batch(sent, options));
      } catch (error) {
        if (!BatchError.isInstance(error) || error.outcomes.length === 0) throw error;
        failure = error.cause;
        return whatFinished(error as BatchError<Input, Output>, sent.length);
      }
    });
    return finish(inputs, answer, failure, options.returnExceptions === true);
  }

  stats(): CacheStats {
    return { ...this.#parts.stats };
  }

  open(): Promise<void> {
    return this.#parts.results.open();
  }
}

function whatFinished<Input, Output>(
  { outcomes }: BatchError<Input, Output>,
  count: number,
): (Outcome<Output> | undefined)[] {
  const found = Array.from({ length: count }, (): Outcome<Output> | undefined => undefined);
  for (const outcome of outcomes) {
    if (outcome.index >= count) continue;
    found[outcome.index] = outcome.status === "fulfilled" ? { value: outcome.value } : { error: outcome.reason };
  }
  return found;
}

/** An override's outputs, or its failure with everything that there is. */
function finish<Output>(
  inputs: readonly unknown[],
  { outcomes, thrown }: Answer<Output>,
  failure: unknown,
  returnExceptions: boolean,
): Output[] {
  const completed = outcomes.flatMap((outcome, index): Completed<unknown, Output>[] => {
    if (outcome === undefined) return [];
    const input = inputs[index];
    return outcome.error === undefined
      ? [{ index, input, status: "fulfilled", value: outcome.value }]
      : [{ index, input, status: "rejected", reason: outcome.error }];
  });
  if (thrown !== undefined && completed.length === 0) throw thrown.error;
  const first = outcomes.find((outcome) => outcome?.error !== undefined)?.error;
  const isWhole = completed.length === inputs.length;
  if (isWhole && (returnExceptions || first === undefined)) return outcomes.map((each) => resultOf(each)) as Output[];
  throw new BatchError(
    "Expected the batch to run to its end, got an early end, see `cause`. What finished is in `outcomes`.",
    {
      cause: toError(thrown?.error ?? failure ?? first),
      outcomes: completed,
    },
  );
}
