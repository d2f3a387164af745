import {
  fieldsOf,
  type OptionGroup,
  type OptionsOf,
  PACE,
  type PaceOptions as SharedPaceOptions,
  paceSettings,
  PRICE,
  withDefaults,
} from "@batchwise/adapter-kit";
import type { RunnableSettings } from "@batchwise/core";
import { CONNECTION, type Connection } from "./client.ts";
import { BULK_CONCURRENCY, SINGLE_CONCURRENCY, TIMEOUT_MS, UNTOLD_CONCURRENCY } from "./limits.ts";
import { priceOf } from "./prices.ts";

/** Pace and price of a Runnable. */
export interface PaceOptions extends SharedPaceOptions, OptionsOf<typeof PRICE> {}

/** The SDK's timer takes no Infinity. */
const { endless: _, ...finite } = PACE.timeoutMs;
/** One of the calls goes alone until a response reports the limits, and then 5 of them. */
const concurrency = {
  ...PACE.maxConcurrency,
  description: "the most calls in flight; 5, the first one alone, until a response reports the limits",
  otherwise: "64 for embeddings and moderation, 256 for chat and responses",
};
const timeoutMs = { ...finite, default: TIMEOUT_MS };

/** Options of every Runnable of this package. */
export const SHARED: OptionGroup = { ...CONNECTION, ...PACE, timeoutMs, maxConcurrency: concurrency, ...PRICE };

/** Options that Runnables share which send many inputs in a request. */
export const BULK: OptionGroup = withDefaults(SHARED, { maxConcurrency: BULK_CONCURRENCY });
/** Options that Runnables share which send one input in a request. */
export const SINGLE: OptionGroup = withDefaults(SHARED, { maxConcurrency: SINGLE_CONCURRENCY });

/** Settings by which the engine runs a Runnable. @throws ArgumentError for a limiter and limits a minute at once */
export function settingsOf<Input, Output>(
  options: PaceOptions,
  { owner, timeoutMs: time }: Connection,
  own: RunnableSettings<Input, Output> & { readonly maxConcurrency: number; readonly model: string },
): RunnableSettings<Input, Output> {
  const { model, maxConcurrency, ...settings } = own;
  const limits = { concurrency: UNTOLD_CONCURRENCY };
  const price = options.price ?? priceOf(model);
  return {
    ...settings,
    ...paceSettings(options, { owner, pool: model, maxConcurrency, timeoutMs: time, limits }),
    price: isFlex(options) && price !== undefined ? { ...price, ...price.flex } : price,
  };
}

/** True where requests ask for flex processing. */
function isFlex(options: object): boolean {
  return "body" in options && fieldsOf(options.body)?.["service_tier"] === "flex";
}
