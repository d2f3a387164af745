import { codeOf, type ErrorCode } from "@batchwise/core";
import type { Kept } from "../inputs/items.ts";

/** What came of one input. */
export type Outcome = { readonly output: unknown } | { readonly error: Error };

/** One input's place in the output. */
export interface Row {
  readonly index: number;
  readonly kept: Kept;
  readonly outcome: Outcome;
}

/** An error as the output tells it. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  /** The HTTP status, where there was one. */
  readonly status?: number;
}

export function toldError(error: Error): ToldError {
  const { status } = error as { readonly status?: unknown };
  return {
    code: codeOf(error),
    message: error.message,
    ...(typeof status === "number" && { status }),
  };
}
