import { TimeoutError } from "@batchwise/core";

/**
 * Makes a call that has to come to something within `timeoutMs`: there is no engine around a job's calls to see to it.
 *
 * @throws TimeoutError, the signal's reason, or what the call throws
 */
export async function within<Result>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return await call(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
  } catch (thrown) {
    signal?.throwIfAborted();
    if (!late.signal.aborted) throw thrown;
    throw new TimeoutError(
      `Cohere took longer than timeoutMs (${timeoutMs} ms) to answer. Allow it more time, or try again later.`,
    );
  } finally {
    clearTimeout(timer);
  }
}
