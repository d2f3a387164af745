import type { Buffer } from "node:buffer";

import type { LineRequest } from "./job-line.ts";

/** Dataset of Cohere's, uploaded or written by a batch. */
export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly createdAt: number;
  readonly rows: number;
  /** Lines for a batch to read. */
  readonly requests: readonly LineRequest[];
  /** Reason why it is invalid. */
  readonly error: string | undefined;
  readonly content: () => Promise<Buffer>;
}
