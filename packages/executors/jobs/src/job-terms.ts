import {
  ArgumentError,
  isRunnable,
  type JobBackend,
  type JobCaps,
  type Price,
  type Runnable,
  type Weight,
} from "@batchwise/core";
import type { OfflineOptions } from "./options.ts";

/** Terms on which a Runnable's inputs go into jobs. */
export interface JobTerms<Input, Output> {
  readonly backend: JobBackend<Input, Output>;
  /** The backend's, and those that the options state. */
  readonly caps: JobCaps;
  /** Price of a live call. */
  readonly price: Price | undefined;
  /** Weight of an input in a live call. */
  readonly weigh: (input: Input) => Weight;
}

/** Inputs of a job where the provider states no cap. */
const MAX_INPUTS = 50_000;

/**
 * Function that loads a Runnable's backend, once unless it fails.
 *
 * @throws ArgumentError for a Runnable without `settings.jobs`
 */
export function jobTerms<Input, Output>(
  runnable: Runnable<Input, Output>,
  options: OfflineOptions,
): () => Promise<JobTerms<Input, Output>> {
  const load = isRunnable(runnable) ? runnable.settings?.jobs : undefined;
  if (load === undefined) {
    throw new ArgumentError(
      "Expected `runnable` to be a Runnable with offline jobs (settings.jobs), got none. " +
        "OpenAI's and Cohere's embeddings and chat have them.",
    );
  }
  const weigh = (input: Input): Weight => runnable.settings?.weigh?.(input) ?? { tokens: 0 };
  let terms: Promise<JobTerms<Input, Output>> | undefined;
  const begin = async (): Promise<JobTerms<Input, Output>> => {
    const backend = await load();
    return { backend, caps: capsOf(backend, options), price: runnable.settings?.price, weigh };
  };
  return () =>
    (terms ??= begin().catch((error: unknown) => {
      terms = undefined;
      throw error;
    }));
}

function capsOf({ caps }: JobBackend, options: OfflineOptions): JobCaps {
  const { enqueuedTokens = caps.enqueuedTokens, maxInputs = Infinity } = options;
  const inputs = Math.min(maxInputs, caps.inputs ?? MAX_INPUTS);
  return { ...caps, inputs, ...(enqueuedTokens === undefined ? {} : { enqueuedTokens }) };
}
