import type { Buffer } from "node:buffer";

import type { LineRequest } from "./job-line.ts";

/** A dataset of Cohere's: what was uploaded, or what a batch has written. */
export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly createdAt: number;
  readonly rows: number;
  /** The lines of one that a batch can read. */
  readonly requests: readonly LineRequest[];
  /** What is wrong with it. */
  readonly error: string | undefined;
  readonly content: () => Promise<Buffer>;
}
