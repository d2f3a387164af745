import type { BatchOptions, Runnable } from "@batchwise/core";

/** What turns texts into vectors, and what there is to know of it. */
export interface Embedder {
  /** The model's name. */
  readonly name: string;
  /** Names the folder of its vectors. Two embedders share it only if their vectors can be compared. */
  readonly identity: string;
  /** Length of each vector, as a count of numbers. */
  readonly dimensions: number;
  /** Where it computes, as a phrase: "2 threads", "by OpenAI". */
  readonly place: string;
  /** Whether somebody charges for it. */
  readonly isPaid: boolean;
  /** For what is searched. */
  readonly documents: Runnable<string, Float32Array>;
  /** For what is asked: the same Runnable, where the model makes no difference between the two. */
  readonly questions: Runnable<string, Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens an embedder. `say` tells the user what takes a moment, or is sent, before it is open; `options` gives the
 * options of a batch by it.
 */
export type OpenEmbedder = (
  say: (text: string) => void,
  options: (embedder: Pick<Embedder, "isPaid">) => BatchOptions,
) => Promise<Embedder>;

/** A folder's name that tells apart whatever is made of other parts. */
export function identityOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => encodeURIComponent(part).replaceAll("*", "%2A")).join("_");
}
