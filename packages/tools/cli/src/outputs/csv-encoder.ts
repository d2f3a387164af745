import { ArgumentError } from "@batchwise/core";
import { stringify } from "csv-stringify/sync";
import { cellsOf, ERROR_COLUMNS, outputText } from "./cells.ts";
import type { Encoder, TableShape } from "./encoder.ts";

/**
 * A table in CSV: index, output, error, and what is kept.
 *
 * @throws ArgumentError for vectors
 */
export function csvEncoder({ kind, keep }: TableShape): Encoder {
  if (kind === "embeddings") {
    throw new ArgumentError("CSV has no room for vectors. Give an --output that ends in .jsonl, .parquet or .arrow.");
  }
  let header: string | undefined = stringify([["index", "output", ...ERROR_COLUMNS, ...keep]]);
  const takeHeader = (): string => {
    const text = header ?? "";
    header = undefined;
    return text;
  };
  return {
    row: (row) => {
      const { errorCode, errorMessage, errorStatus, kept } = cellsOf(row, keep);
      return takeHeader() + stringify([[row.index, outputText(row), errorCode, errorMessage, errorStatus, ...kept]]);
    },
    end: takeHeader,
  };
}
