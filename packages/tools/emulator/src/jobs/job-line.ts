import type { Buffer } from "node:buffer";

import type { RowFlaw } from "../faults/scripted-row.ts";
import type { Refusal } from "../server/refusal.ts";

/** Line of a job: a request of the live API. */
export interface JobLine {
  readonly id: string;
  /** Unique to the line, the same in every run. */
  readonly requestId: string;
  readonly tokens: number;
  readonly inputs: readonly string[];
  /** Refusal instead of an answer. */
  readonly refusal: Refusal | undefined;
  /** Flaw of its row in the results. */
  readonly flaw?: RowFlaw | undefined;
  /** Body of the live endpoint's answer. */
  answer(): Promise<Buffer>;
}

/** Line as it was uploaded. */
export interface LineRequest {
  readonly id: string;
  readonly body: unknown;
}
