import type { Completed } from "@batchwise/core";
import type { StreamShape } from "../floor.ts";
import type { Bulk } from "./bulks.ts";

/** Way to send a stream of texts in bulks and to yield each outcome as its bulk completes. */
export interface StreamContender {
  /** Name in the table; unique. */
  readonly name: string;
  /** npm package whose version the table shows; undefined for a hand-written contender. */
  readonly package: string | undefined;
  /** True when a bulk that fails becomes outcomes of its own texts, and the stream continues. */
  readonly survives: boolean;
  /** Outcomes in any order; each index once. */
  readonly run: (
    texts: AsyncIterable<string>,
    bulk: Bulk,
    shape: StreamShape,
  ) => AsyncIterable<Completed<string, number>>;
}
