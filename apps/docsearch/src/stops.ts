import { type BatchOptions, codeOf, type ErrorCode, toError } from "@batchwise/core";

/** After these no other text can be embedded either. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "authentication",
  "quota_exceeded",
  "budget_exceeded",
  "invalid_argument",
]);

/** Whether an error ends the whole run: the key is refused, the money is spent, or the request is wrong for any text. */
export function endsRun(error: unknown): error is Error {
  return error instanceof Error && FINAL.has(codeOf(error));
}

/** @throws the reason of a stop that was asked for, where one of `slots` holds it */
export function throwIfStopped(
  slots: readonly unknown[],
  { drain, signal }: Pick<BatchOptions, "drain" | "signal">,
): void {
  for (const { aborted, reason } of [drain, signal].filter((each) => each !== undefined)) {
    if (aborted && slots.includes(reason)) throw toError(reason);
  }
}

/** What an error says to a user of the command line; of one that stands for others, what the first of these says. */
export function messageOf(error: unknown): string {
  if (codeOf(error) === "budget_exceeded") return "The next request could cost more than --max-cost allows. Raise it.";
  if (codeOf(error) === "batch_failed" && error instanceof Error && error.cause instanceof Error) {
    return messageOf(error.cause);
  }
  return error instanceof Error ? error.message : String(error);
}
