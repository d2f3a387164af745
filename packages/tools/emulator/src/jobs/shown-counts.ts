import type { JobLine } from "./job-line.ts";
import type { Jobs } from "./options.ts";

/** Counts of a job's lines. */
interface ShownCounts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** Counts of a job's lines as the options have them; undefined where they are left out. */
export function shownCounts(total: number, done: readonly JobLine[], counts: Jobs["counts"]): ShownCounts | undefined {
  if (counts === "missing") return undefined;
  if (counts === "zero") return { total: 0, completed: 0, failed: 0 };
  const failed = counts === "completed" ? 0 : done.filter((line) => line.refusal !== undefined).length;
  return { total, completed: done.length - failed, failed };
}
