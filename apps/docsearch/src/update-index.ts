import type { Progress, Runnable } from "@batchwise/core";
import type { IndexStore } from "./index-store.ts";
import { embeddedText, type Passage, textKey } from "./passage.ts";

/** How the index is brought up to date. */
export interface UpdateOptions {
  /** Aborted: nothing new is embedded, what is in flight is still kept. */
  readonly drain?: AbortSignal;
  /** Aborted: stops at once. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** The index is written after this many new vectors, so that a SIGKILL loses no more. @default 256 */
  readonly flushEvery?: number;
}

/** What became of a set of passages. */
export interface Update {
  /** Passages that have their vector, in the order in which they came. */
  readonly ready: readonly Passage[];
  /** Their vectors. */
  readonly vectors: readonly Float32Array[];
  /** Distinct texts that were embedded now. */
  readonly embedded: number;
  /** Passages without a vector because a stop was asked for first. */
  readonly pending: number;
  /** Passages that the model refused. */
  readonly failed: readonly FailedPassage[];
}

/** A passage that could not be embedded. The others are searched without it. */
export interface FailedPassage {
  readonly passage: Passage;
  readonly reason: Error;
}

/** Embeds those passages whose text the store does not hold yet, and keeps each vector on disk soon after it comes. */
export async function updateIndex(
  passages: readonly Passage[],
  embeddings: Runnable<string, Float32Array>,
  store: IndexStore,
  options: UpdateOptions = {},
): Promise<Update> {
  const keyed = passages.map((passage) => {
    const text = embeddedText(passage);
    return { passage, text, key: textKey(text) };
  });
  const missing = new Map(
    keyed.filter(({ key }) => store.vector(key) === undefined).map(({ key, text }) => [key, text]),
  );
  const refused = await embedMissing([...missing.values()], embeddings, store, options);

  const ready = keyed.flatMap(({ passage, key }) => {
    const vector = store.vector(key);
    return vector === undefined ? [] : [{ passage, vector }];
  });
  const failed = keyed.flatMap(({ passage, key }) => {
    const reason = refused.get(key);
    return reason === undefined ? [] : [{ passage, reason }];
  });
  return {
    ready: ready.map(({ passage }) => passage),
    vectors: ready.map(({ vector }) => vector),
    embedded: [...missing.keys()].filter((key) => store.vector(key) !== undefined).length,
    pending: passages.length - ready.length - failed.length,
    failed,
  };
}

/** Returns why texts were refused, by their key. */
async function embedMissing(
  texts: readonly string[],
  embeddings: Runnable<string, Float32Array>,
  store: IndexStore,
  options: UpdateOptions,
): Promise<Map<string, Error>> {
  const { flushEvery = 256, signal, drain, onProgress } = options;
  const refused = new Map<string, Error>();
  if (texts.length === 0) return refused;
  try {
    const outcomes = embeddings.batchAsCompleted(texts, {
      ...(signal && { signal }),
      ...(drain && { drain }),
      ...(onProgress && { onProgress }),
    });
    for await (const outcome of outcomes) {
      const key = textKey(outcome.input);
      if (outcome.status === "rejected") refused.set(key, outcome.reason);
      else store.add({ key, text: outcome.input, vector: outcome.value });
      if (store.unsaved >= flushEvery) await store.flush();
    }
  } catch (error) {
    if (signal?.aborted !== true && drain?.aborted !== true) throw error;
  } finally {
    await store.flush();
  }
  return refused;
}
