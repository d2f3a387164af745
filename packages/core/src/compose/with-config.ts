import type { CallOptions } from "../contract/call.ts";
import type { RetryOptions, RunnableSettings } from "../contract/runnable.ts";
import { WRAPPED } from "../contract/marks.ts";
import { given } from "../contract/option-checks.ts";
import { checkSettings } from "../engine/resolve/check-options.ts";
import { chainOf, within } from "../engine/pipeline/chain-stages.ts";
import { Runnable, RunnableChain } from "../runnable.ts";
import { insideGathering } from "./auto-batch.ts";
import { requireRunnable } from "./functions.ts";
import { invokeThroughBatch } from "./invoke-through-batch.ts";

/**
 * The same Runnable with other settings: they win over its own, and a call's options win over both. `middleware` comes
 * around the middleware that is there.
 *
 * @example
 * const careful = withConfig(embeddings, { maxConcurrency: 2, timeoutMs: 10_000 });
 */
export function withConfig<Input, Output>(
  inner: Runnable<Input, Output>,
  settings: RunnableSettings<Input, Output>,
): Runnable<Input, Output> {
  checkSettings(settings);
  return insideGathering(inner, (each) => configured(each, settings));
}

/**
 * The same Runnable with failed calls tried again. It replaces the retries that the Runnable has; they do not multiply.
 *
 * @param retry @default { attempts: 3 }
 *
 * @example
 * const patient = withRetry(classify, { attempts: 5 });
 */
export function withRetry<Input, Output>(
  inner: Runnable<Input, Output>,
  retry: RetryOptions = {},
): Runnable<Input, Output> {
  // What is no object is refused there.
  return withConfig(inner, { retry: retry instanceof Object ? { attempts: 3, ...given(retry) } : retry });
}

function configured<Input, Output>(
  inner: Runnable<Input, Output>,
  settings: RunnableSettings<Input, Output>,
): Runnable<Input, Output> {
  const { middleware, ...others } = given(settings);
  if (middleware === undefined || Object.keys(others).length > 0) return new Configured(inner, settings);
  // Middleware goes around each stage's calls: a pipe stays one.
  const chain = chainOf(requireRunnable(inner));
  if (chain === undefined) return new Configured(inner, settings);
  const stages = chain.stages.map((stage) => within(stage, middleware));
  return new RunnableChain(stages, chain.route, [...(inner.settings?.middleware ?? []), ...middleware]);
}

class Configured<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  /** The engine makes the inner Runnable's calls, in whichever way that one wants them made. */
  readonly [WRAPPED]: Runnable<Input, Output>;

  constructor(inner: Runnable<Input, Output>, settings: RunnableSettings<Input, Output>) {
    super();
    this[WRAPPED] = requireRunnable(inner);
    const middleware = [...(inner.settings?.middleware ?? []), ...(settings.middleware ?? [])];
    this.settings = { ...inner.settings, ...given(settings), ...(middleware.length > 0 ? { middleware } : {}) };
  }

  override invoke(input: Input, options?: CallOptions): Promise<Output> {
    return invokeThroughBatch(this, input, options);
  }
}
