import type { Buffer } from "node:buffer";

import type { Refusal } from "../server/refusal.ts";

/** One line of a job: a request of the live API. */
export interface JobLine {
  readonly id: string;
  /** Differs for every line, the same in every run. */
  readonly requestId: string;
  readonly tokens: number;
  readonly inputs: readonly string[];
  /** What keeps it from being answered. */
  readonly refusal: Refusal | undefined;
  /** The body of the live endpoint's answer. */
  answer(): Promise<Buffer>;
}

/** A line as it was uploaded. */
export interface LineRequest {
  readonly id: string;
  readonly body: unknown;
}
