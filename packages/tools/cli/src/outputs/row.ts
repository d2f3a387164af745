import { codeOf, type ErrorCode } from "@batchwise/core";
import type { Kept } from "../inputs/kept.ts";

/** Outcome of one input. An error of an earlier run is there as it was reported. */
export type Outcome = { readonly output: unknown } | { readonly error: Error | ReportedError };

/** Row of the output: one input. */
export interface Row {
  readonly index: number;
  readonly kept: Kept;
  readonly outcome: Outcome;
}

/** Error as the output reports it. */
export interface ReportedError {
  readonly code: ErrorCode;
  readonly message: string;
  /** HTTP status, where there was one. */
  readonly status?: number;
}

export function reportedError(error: Error | ReportedError): ReportedError {
  if (!(error instanceof Error)) return error;
  const { status } = error as { readonly status?: unknown };
  return {
    code: codeOf(error),
    message: error.message,
    ...(typeof status === "number" && { status }),
  };
}
