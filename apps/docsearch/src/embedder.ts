import type { BatchOptions, Runnable } from "@batchwise/core";

/** Embedder of documents and questions, with its properties. */
export interface Embedder {
  /** Name of the model. */
  readonly name: string;
  /** Name of the folder of its vectors. Two embedders share it only if their vectors can be compared. */
  readonly identity: string;
  /** Length of each vector, as a count of numbers. */
  readonly dimensions: number;
  /** Share of its vectors in a document's score, from 0 to 1; the rest are the words. @default 0.8 */
  readonly meaning?: number | undefined;
  /** Place of computing, as a phrase: "2 threads", "by OpenAI". */
  readonly place: string;
  /** True when its use costs money. */
  readonly isPaid: boolean;
  /** Embeds documents. */
  readonly documents: Runnable<string, Float32Array>;
  /** Embeds questions: the same Runnable for a model that treats both alike. */
  readonly questions: Runnable<string, Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens an embedder. `notify` tells the user what takes a moment or is sent meanwhile; `options` returns the options of a
 * batch by it.
 */
export type OpenEmbedder = (
  notify: (text: string) => void,
  options: (embedder: Pick<Embedder, "isPaid">) => BatchOptions,
) => Promise<Embedder>;

/** Name of a folder, unique to its parts. */
export function identityOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => encodeURIComponent(part).replaceAll("*", "%2A")).join("_");
}
