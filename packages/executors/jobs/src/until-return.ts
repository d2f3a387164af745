import { anyOf } from "./signals.ts";

/**
 * Iterator of a generator that `return` ends at once, also while `next` waits.
 *
 * @param begin makes the generator, which has to heed the signal
 */
export function untilReturn<T>(
  given: AbortSignal | undefined,
  begin: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncIterableIterator<T> {
  const stop = new AbortController();
  const values = begin(anyOf(given, stop.signal));
  const end = { value: undefined, done: true } as const;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      try {
        return await values.next();
      } catch (error) {
        if (stop.signal.aborted) return end;
        throw error;
      }
    },
    return: async () => {
      stop.abort(new DOMException("The consumer stopped reading.", "AbortError"));
      await values.return();
      return end;
    },
  };
}
