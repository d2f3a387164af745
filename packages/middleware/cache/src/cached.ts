import type { CallOptions, Runnable, RunnableSettings } from "@batchwise/core";
import { isOverridden } from "@batchwise/core/wrappers";
import type { Outcome } from "./flights.ts";
import type { CacheStats } from "./ledger.ts";
import { LookUpFirst } from "./look-up-first.ts";
import type { Memo } from "./memo.ts";

/** A Runnable with a cache before it. */
export interface CachedRunnable<Input, Output> extends Runnable<Input, Output> {
  /** What has been answered, sent and saved so far. */
  stats(): CacheStats;
}

/** What a cached Runnable is made of. */
export interface Parts<Input, Output> {
  readonly inner: Runnable<Input, Output>;
  /** Whose calls are made: the inner Runnable, or the one that it configures. */
  readonly target: Runnable<Input, Output>;
  readonly memo: Memo<Input, Output>;
  readonly stats: CacheStats;
}

/** Before a Runnable that gives nothing but `invoke`. */
export class CachedOne<Input, Output> extends LookUpFirst<Input, Output> implements CachedRunnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #parts: Parts<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super((inputs, options) => parts.memo.lookUp(inputs, options));
    this.#parts = parts;
    this.settings = settingsOf(parts.inner);
  }

  override invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    return invokeOne(this.#parts, input, options);
  }

  stats(): CacheStats {
    return { ...this.#parts.stats };
  }
}

/** Before a Runnable that gives `invokeMany`. */
export class CachedMany<Input, Output> extends CachedOne<Input, Output> {
  readonly #parts: Parts<Input, Output>;

  constructor(parts: Parts<Input, Output>) {
    super(parts);
    this.#parts = parts;
  }

  override async invokeMany(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    const { memo, target } = this.#parts;
    const { outcomes, thrown } = await memo.answer(inputs, options, async (sent, own) =>
      outcomesOf(await (target as Required<typeof target>).invokeMany(sent, own)),
    );
    if (thrown !== undefined) throw thrown.error;
    return outcomes.map((outcome) => resultOf(outcome));
  }
}

/** How the inner Runnable wants to be run; its offline jobs would go past the cache. */
export function settingsOf<Input, Output>(inner: Runnable<Input, Output>): RunnableSettings<Input, Output> {
  const { jobs: _, ...settings } = inner.settings ?? {};
  return settings;
}

/** One input, by the inner Runnable's own `invoke`. */
export async function invokeOne<Input, Output>(
  { inner, target, memo }: Parts<Input, Output>,
  input: Input,
  options: CallOptions,
): Promise<Output> {
  // Where the engine makes this very call, retries and limits are its: those that `withConfig` would add come on top.
  const isEnginesCall = target.invokeMany === undefined && !isOverridden(target);
  const single = isEnginesCall ? target : inner;
  const { outcomes, thrown } = await memo.answer([input], options, async ([sent], own) => [
    { value: await single.invoke(sent as Input, own) },
  ]);
  if (thrown !== undefined) throw thrown.error;
  const [outcome] = outcomes;
  if (outcome?.error !== undefined) throw outcome.error;
  return outcome?.value as Output;
}

/** In a bulk answer an Error is that item's failure. What is no array is for the memo to refuse. */
export function outcomesOf<Output>(results: readonly (Output | Error)[]): readonly Outcome<Output>[] {
  if (!Array.isArray(results)) return results as never;
  return Array.from(results as (Output | Error)[], (result) =>
    result instanceof Error ? { error: result } : { value: result },
  );
}

/** An outcome as it stands in a bulk answer. */
export function resultOf<Output>(outcome: Outcome<Output> | undefined): Output | Error {
  return outcome?.error ?? (outcome?.value as Output);
}
