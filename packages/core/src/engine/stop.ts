import { BatchError, toError } from "../contract/errors.ts";
import type { Outcomes } from "../contract/outcome.ts";
import type { FinishStatus } from "../contract/report.ts";

/** Reason why a batch ended before its inputs did. */
export interface Stop {
  readonly status: Exclude<FinishStatus, "completed">;
  readonly reason: unknown;
}

/** The error of a batch that ended early, with its outcomes, and what to know of them in words. */
export function endedEarly<Input, Output>(
  stop: Stop,
  outcomes: Outcomes<Input, Output>,
  hint: string,
): BatchError<Input, Output> {
  const cause = toError(stop.reason);
  return new BatchError(`Expected the batch to run to its end, got ${cause.name}, in \`cause\`. ${hint}`, {
    cause,
    outcomes,
  });
}
