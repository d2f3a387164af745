import { stat } from "node:fs/promises";
import { ArgumentError } from "@batchwise/core";
import { parseExact } from "../inputs/exact-json.ts";
import type { Kept } from "../inputs/kept.ts";
import { baseRows, type OutputFile } from "./base-rows.ts";
import type { RowFormat } from "./row-format.ts";

/** Rows of an output that is there, from the first one on. */
export interface Base {
  readonly rows: number;
  readonly bytes: number;
  /** Fields of the last one, in JSONL. */
  readonly last: Kept | undefined;
}

export const NONE: Base = { rows: 0, bytes: 0, last: undefined };

/**
 * Reads them; `failed` gets the indexes of those that have an error.
 *
 * @throws ArgumentError for a file that is not the output of a run
 */
export async function readBase(choice: OutputFile, rowFormat: RowFormat, failed: Set<number>): Promise<Base> {
  const { file, name, format } = choice;
  const { size } = (await stat(file).catch(() => undefined)) ?? { size: 0 };
  if (size === 0) return NONE;
  let rows = 0;
  let bytes = 0;
  let last: string | undefined;
  for await (const { isFailed, line, end } of baseRows(choice, rowFormat)) {
    if (isFailed) failed.add(rows);
    rows++;
    bytes = end;
    last = line;
  }
  if (format !== "jsonl" || last === undefined) return { rows, bytes, last: undefined };
  try {
    return { rows, bytes, last: parseExact(last) as Kept };
  } catch {
    throw new ArgumentError(
      `Expected line ${rows} of ${name} to be the row of the input at ${rows - 1}, got another. ` +
        "Give another --output, or --overwrite.",
    );
  }
}
