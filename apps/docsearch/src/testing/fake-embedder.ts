import { createHash } from "node:crypto";
import { bulkRunnable, InputError, type Runnable } from "@batchwise/core";
import type { loadAdapter } from "@batchwise/plugins";

/** Options of the fake embedder. */
export interface FakeOptions {
  /** Texts in one request. @default 2 */
  readonly maxInputs?: number;
  /** Awaited before each request, which has the given number, from 1. */
  readonly beforeRequest?: (request: number) => Promise<void> | void;
}

/** Embedder of hashed words: texts that share words are close. Refuses texts with the word REFUSED. */
export interface FakeEmbedder {
  readonly runnable: Runnable<string, Float32Array>;
  /** Every text of its requests, in order. */
  readonly texts: readonly string[];
  /** Options with which it was made. */
  readonly options: object[];
}

const DIMENSIONS = 64;
const REFUSAL = "Expected a text without REFUSED, got one with it.";

export function fakeEmbedder({ maxInputs = 2, beforeRequest = () => undefined }: FakeOptions = {}): FakeEmbedder {
  const texts: string[] = [];
  let requests = 0;
  const embeddings = bulkRunnable<string, Float32Array>(
    async (inputs) => {
      requests += 1;
      await beforeRequest(requests);
      texts.push(...inputs);
      return inputs.map((text) => (text.includes("REFUSED") ? new InputError(REFUSAL) : embed(text)));
    },
    { maxConcurrency: 1, request: { maxInputs } },
  );
  return { runnable: embeddings, texts, options: [] };
}

/** Loader with a fake instead of the model in this process; all other adapters are `load`'s. */
export function loadFake({ runnable, options }: FakeEmbedder, load: typeof loadAdapter): typeof loadAdapter {
  const fake = {
    package: "@batchwise/local",
    version: undefined,
    adapter: {
      name: "embeddings",
      kind: "embeddings",
      description: "Hashes words.",
      options: {},
      dimensions: ({ model }: { readonly model?: string }) => (model === "any" ? undefined : DIMENSIONS),
      create: () => runnable,
    },
    create: (given: object = {}) => {
      options.push(given);
      return runnable;
    },
  };
  return ((reference, where) =>
    reference === "@batchwise/local#embeddings" ? Promise.resolve(fake) : load(reference, where)) as typeof loadAdapter;
}

function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? ["nothing"]) {
    const position = createHash("sha256").update(word).digest().readUInt32BE(0) % DIMENSIONS;
    vector[position] = (vector[position] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((number) => number / length);
}
