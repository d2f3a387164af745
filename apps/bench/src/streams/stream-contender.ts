import type { Completed } from "@batchwise/core";
import type { StreamShape } from "../floor.ts";
import type { Bulk } from "./bulks.ts";

/** A way to send a stream of texts in bulks and to hand out each outcome as its bulk completes. */
export interface StreamContender {
  /** As the table shows it; unique. */
  readonly name: string;
  /** The npm package whose version the table shows; undefined for a hand-written one. */
  readonly package: string | undefined;
  /** A bulk that fails becomes outcomes of its own texts, and the stream goes on. */
  readonly survives: boolean;
  /** Outcomes in any order; each index once. */
  readonly run: (
    texts: AsyncIterable<string>,
    bulk: Bulk,
    shape: StreamShape,
  ) => AsyncIterable<Completed<string, number>>;
}
