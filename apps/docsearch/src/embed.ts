import { type CacheOptions, withCache } from "@batchwise/cache";
import { bulkRunnable, InputError, type Runnable } from "@batchwise/core";
import { openProgress } from "@batchwise/terminal";
import type { Embedder } from "./adapters.ts";
import type { Session } from "./answer.ts";

/**
 * Finds the vectors that a cache has: behind it is a Runnable that has none, so nothing is sent.
 *
 * @throws ArgumentError for a file that cannot be read or is not a cache
 */
export async function findVectors(
  texts: readonly string[],
  { documents }: Embedder,
  cache: CacheOptions<string, Float32Array>,
): Promise<Map<string, Float32Array>> {
  const missing = new InputError("Expected a vector in the cache, got none.");
  const schema = documents.settings?.schema;
  const none = bulkRunnable<string, Float32Array>(async (some) => some.map(() => missing), { schema });
  const found = withCache(none, cache);
  await found.open();
  return slotsOf(texts, await found.batch(texts, { returnExceptions: true }), Float32Array);
}

/** Outcome of embedding. */
export interface Embedded {
  readonly vectors: ReadonlyMap<string, Float32Array>;
  /** Texts that the model refused. */
  readonly refused: ReadonlyMap<string, Error>;
  /** Reason why the provider ended it early. */
  readonly stopped: Error | undefined;
  readonly durationMs: number;
}

/** Embeds texts in one batch and shows its progress. A stop by the user leaves texts without a vector. */
export async function embedTexts(
  { embedder, batches, console }: Session,
  texts: readonly string[],
  documents: Runnable<string, Float32Array>,
): Promise<Embedded> {
  const start = performance.now();
  const total = texts.length;
  const view = total === 0 ? undefined : await openProgress(console.notes, true);
  const announceStop = (): void => view?.note("Stopping: finishing what is in flight. Ctrl-C again stops at once.");
  batches.stops.drain.addEventListener("abort", announceStop, { once: true });
  try {
    const { slots, stopped } = await batches.run(documents, texts, embedder.isPaid, {
      onProgress: (progress) => {
        const { done, failed } = progress;
        // Failed texts are not done: with a refused key, none is.
        view?.update({ done: done - failed, total, failed, share: done / total, progress });
      },
    });
    const [vectors, refused] = [slotsOf(texts, slots, Float32Array), slotsOf(texts, slots, Error)];
    return { vectors, refused, stopped, durationMs: performance.now() - start };
  } finally {
    view?.stop();
    batches.stops.drain.removeEventListener("abort", announceStop);
  }
}

/** Slots of one kind, by their text. */
function slotsOf<Kind>(texts: readonly string[], slots: readonly unknown[], kind: new () => Kind): Map<string, Kind> {
  return new Map(texts.flatMap((text, index) => (slots[index] instanceof kind ? [[text, slots[index]]] : [])));
}
