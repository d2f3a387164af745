import { ProviderError } from "@batchwise/core";
import { isGone, jobLeft } from "./errors.ts";
import { type Patience, persist, REFUSALS } from "./persist.ts";
import { Rows } from "./rows.ts";

/** Rows of a job, and why there are no more. */
export interface JobRows<Output> {
  readonly rows: Rows<Output>;
  readonly reason: Error | undefined;
}

/** Reads of the same rows in a row after which no more are expected of a file that could be read to its end. */
const SAME_READS = 3;

/**
 * Reads all rows of a job that has ended. What was read is paid and kept, also where the rest cannot be.
 *
 * @param readInto adds all rows, from the first one
 * @param lines number of lines of the job
 * @param reason why the job ended before its lines did
 * @throws the error of the last try where there is not one row, or the signal's reason
 */
export async function readRows<Output>(
  readInto: (rows: Rows<Output>) => Promise<void>,
  lines: number,
  reason: Error | undefined,
  paid: Patience,
): Promise<JobRows<Output>> {
  let most = new Rows<Output>(lines);
  let size = 0;
  let same = 0;
  const read = async (): Promise<Rows<Output>> => {
    const rows = new Rows<Output>(lines);
    try {
      await readInto(rows);
      // A job that is completed has all its rows, whatever it counts.
      if (reason === undefined && rows.size < lines) throw tooFew(lines, rows.size);
      return rows;
    } catch (error) {
      // A read that brought nothing, since the provider failed, says nothing of the file.
      if (rows.size > 0 || hasTooFew(error)) {
        same = rows.size === size ? same + 1 : 1;
        size = rows.size;
      }
      if (rows.size > most.size) most = rows;
      throw error;
    }
  };
  // A file that is still empty, or that breaks off, may be whole in a moment.
  const isCut = (error: unknown): boolean =>
    hasTooFew(error) ? same >= (size > 0 ? SAME_READS : REFUSALS) : size > 0 && same >= REFUSALS;
  const isWorthAnother = (error: Error, tries: number): boolean => !isCut(error) && paid.isWorthAnother(error, tries);
  try {
    return { rows: await persist(read, { ...paid, isWorthAnother }), reason };
  } catch (error) {
    if (paid.signal.aborted) throw error;
    // The other lines have no rows for good, and are sent again.
    if (isCut(error) || hasTooFew(error)) return { rows: most, reason: reason ?? (error as Error) };
    if (most.size === 0) throw error;
    return { rows: most, reason: isGone(error) ? reason : jobLeft(error as Error) };
  }
}

/** True where a job's results could be read to their end, and are fewer than they should be. */
function hasTooFew(error: unknown): boolean {
  return ProviderError.isInstance(error) && error.providerCode === "rows_missing";
}

function tooFew(expected: number, got: number): ProviderError {
  return new ProviderError(
    `Expected ${expected} rows of a job that is completed, got ${got}. Send the other lines again.`,
    {
      providerCode: "rows_missing",
      retryable: true,
    },
  );
}
