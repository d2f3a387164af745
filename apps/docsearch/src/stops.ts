import { type BatchOptions, codeOf, type ErrorCode, toError } from "@batchwise/core";

/** Codes of errors after which no other text can be embedded either. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "authentication",
  "quota_exceeded",
  "budget_exceeded",
  "invalid_argument",
]);

/** Tells whether an error ends the whole run: the key is refused, the money is spent, or no request can succeed. */
export function endsRun(error: unknown): error is Error {
  return error instanceof Error && FINAL.has(codeOf(error));
}

/** @throws the reason of a stop by the user, when one of `slots` holds it */
export function throwIfStopped(
  slots: readonly unknown[],
  { drain, signal }: Pick<BatchOptions, "drain" | "signal">,
): void {
  for (const { aborted, reason } of [drain, signal].filter((each) => each !== undefined)) {
    if (aborted && slots.includes(reason)) throw toError(reason);
  }
}

/** Message of an error for the user of the command line; of a failed batch, that of its first failure. */
export function messageOf(error: unknown): string {
  if (codeOf(error) === "budget_exceeded")
    return "Expected the run to stay within --max-cost, got a next request that could pass it. Raise it.";
  if (codeOf(error) === "batch_failed" && error instanceof Error && error.cause instanceof Error) {
    return messageOf(error.cause);
  }
  return error instanceof Error ? error.message : String(error);
}
