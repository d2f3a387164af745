import type { BatchOptions, Runnable } from "@batchwise/core";
import type { IndexStore } from "./index-store.ts";
import { embeddedText, type Passage, textKey } from "./passage.ts";
import { endsRun } from "./stops.ts";
import { toUnitLength } from "./unit-length.ts";
import { vectorSchema } from "./vector-schema.ts";

/** Options of an update. `drain` still keeps what is in flight; `signal` stops at once. */
export interface UpdateOptions extends Pick<
  BatchOptions,
  "drain" | "signal" | "onProgress" | "onFinish" | "maxCost" | "clock"
> {
  /** New vectors after which the index is written, so that a SIGKILL loses no more. @default 256 */
  readonly flushEvery?: number;
}

/** Outcome of an update. */
export interface Update {
  /** Passages with a vector, in their given order. */
  readonly ready: readonly Passage[];
  /** Their vectors. */
  readonly vectors: readonly Float32Array[];
  /** Number of distinct texts that were embedded now. */
  readonly embedded: number;
  /** Number of passages without a vector because the run was stopped first. */
  readonly pending: number;
  /** Error after which no text could be embedded: a refused key, a used-up quota, a cap. Undefined for a stop by the user. */
  readonly stopped: Error | undefined;
  /** Passages that the model refused. */
  readonly failed: readonly FailedPassage[];
}

/** Passage that could not be embedded. The others are searched without it. */
export interface FailedPassage {
  readonly passage: Passage;
  readonly reason: Error;
}

/** Embeds the passages whose text the store does not hold yet, and writes vectors to disk while it runs. */
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
  const { refused, stopped } = await embedMissing([...missing.values()], embeddings, store, options);

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
    stopped,
    failed,
  };
}

interface Embedded {
  /** Errors of refused texts, by their key. */
  readonly refused: ReadonlyMap<string, Error>;
  readonly stopped: Error | undefined;
}

async function embedMissing(
  texts: readonly string[],
  embeddings: Runnable<string, Float32Array>,
  store: IndexStore,
  { flushEvery = 256, ...options }: UpdateOptions,
): Promise<Embedded> {
  const refused = new Map<string, Error>();
  let stopped: Error | undefined;
  if (texts.length === 0) return { refused, stopped };
  try {
    const schema = vectorSchema(store.dimensions);
    for await (const outcome of embeddings.batchAsCompleted(texts, { ...options, schema })) {
      const key = textKey(outcome.input);
      if (outcome.status === "fulfilled") {
        store.add({ key, text: outcome.input, vector: toUnitLength(outcome.value) });
      } else if (endsRun(outcome.reason)) {
        // Not the text's fault. The engine ends the batch, and calls in flight may still return vectors.
        stopped ??= outcome.reason;
      } else {
        refused.set(key, outcome.reason);
      }
      if (store.unsaved >= flushEvery) await store.flush();
    }
  } catch (error) {
    if (endsRun(error)) stopped ??= error;
    else if (options.signal?.aborted !== true && options.drain?.aborted !== true) throw error;
  } finally {
    await store.flush();
  }
  return { refused, stopped };
}
