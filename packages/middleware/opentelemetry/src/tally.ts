import { BatchError, codeOf, type ErrorCode, type FinishReport } from "@batchwise/core";

/** How a batch's items ended, and what the engine tells of it where it ran the batch. */
export type Tally = Pick<FinishReport, "status" | "fulfilled" | "rejected" | "unfinished" | "failures"> &
  Partial<Pick<FinishReport, "requests" | "retries" | "waitedMs" | "reason">>;

/** What a promise was settled with. */
export type Settled<T> = { readonly value: T; readonly error?: undefined } | { readonly error: unknown };

/** Of `invoke`, of which nobody reports. */
export function tallyOfOne(settled: Settled<unknown>): Tally {
  return "value" in settled ? count([undefined], 1, true) : count([settled], 1, false);
}

/** Of an author's own `batch`: what its outputs say, or its failure of what had finished. */
export function tallyOfMany(settled: Settled<unknown>, size: number | undefined): Tally {
  if ("value" in settled) {
    const outputs: unknown[] = Array.isArray(settled.value) ? settled.value : [];
    const failures = outputs.map((output) => (output instanceof Error ? { error: output } : undefined));
    return count(failures, size ?? outputs.length, true);
  }
  const outcomes = BatchError.isInstance(settled.error) ? settled.error.outcomes : [];
  const failures = outcomes.map((outcome) => (outcome.status === "rejected" ? { error: outcome.reason } : undefined));
  return count(failures, size ?? outcomes.length, false);
}

function count(items: readonly ({ readonly error: unknown } | undefined)[], size: number, completed: boolean): Tally {
  const failures: Partial<Record<ErrorCode, number>> = {};
  let rejected = 0;
  for (const item of items) {
    if (item === undefined) continue;
    const code = codeOf(item.error);
    failures[code] = (failures[code] ?? 0) + 1;
    rejected++;
  }
  return {
    status: completed ? "completed" : "failed",
    fulfilled: items.length - rejected,
    rejected,
    unfinished: Math.max(0, size - items.length),
    failures,
  };
}
