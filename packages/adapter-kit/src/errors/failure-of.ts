import { BatchwiseError, type CallOptions, type CallReport, type Usage } from "@batchwise/core";
import { causesOf } from "./causes.ts";
import { type Dialect, factsOf } from "./dialect.ts";
import { type Blame, isFree } from "./judge.ts";
import { providerError, timedOut } from "./provider-errors.ts";
import { refusalOf } from "./refusal.ts";

/** A failed call as the engine reads it. */
export interface Failure {
  readonly error: Error;
  /** Facts in the response's headers, where there was a response. */
  readonly facts?: CallReport;
  /** Nothing, where the provider counts nothing for what it refuses. */
  readonly usage?: Usage | undefined;
}

/**
 * Makes one call of an SDK. What it throws is reported, as far as `read` can read it, and thrown as one of our errors.
 *
 * @throws the signal's reason, where it is aborted; else the error of `read`
 */
export async function callSdk<Result>(
  { signal, report }: CallOptions,
  read: (thrown: unknown) => Failure,
  call: () => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  try {
    return await call();
  } catch (thrown) {
    signal?.throwIfAborted();
    const { error, facts, usage } = read(thrown);
    if (facts !== undefined || usage !== undefined) report?.({ ...facts, usage });
    throw error;
  }
}

/**
 * Reads an error of an SDK: its messages quote the provider, which may quote an input or the key, and so may
 * the errors that they wrap (P35). None of it is kept but status, codes and headers (P26). Undefined where there was no
 * response.
 */
export function failureOf(thrown: unknown, dialect: Dialect, blame: Blame): Failure | undefined {
  const ours = causesOf(thrown).find((each) => BatchwiseError.isInstance(each));
  if (ours !== undefined) return { error: ours as unknown as Error };
  const refusal = refusalOf(thrown, dialect);
  if (refusal !== undefined) {
    const error = providerError(refusal, dialect, blame);
    const facts = factsOf(refusal.headers, dialect);
    return { error, facts, ...(isFree(refusal.status) ? { usage: NO_USAGE } : {}) };
  }
  return causesOf(thrown).some(({ name }) => name === "TimeoutError") ? { error: timedOut() } : undefined;
}

/** Usage that a provider counts for a call that it refuses. */
export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 };
