import { ArgumentError } from "@batchwise/core";
import { stringify } from "csv-stringify/sync";
import { cellsOf, ERROR_COLUMNS, outputText } from "./cells.ts";
import type { Encoder, TableShape } from "./encoder.ts";

/**
 * Encoder of a table in CSV: index, output, error, and kept fields.
 *
 * @throws ArgumentError for vectors
 */
export function csvEncoder({ kind, keep, isContinued = false }: TableShape): Encoder {
  if (kind === "embeddings") {
    throw new ArgumentError("Expected another format than CSV for vectors, got .csv. Use .jsonl, .parquet or .arrow.");
  }
  let header: string | undefined = isContinued ? "" : stringify([["index", "output", ...ERROR_COLUMNS, ...keep]]);
  const takeHeader = (): string => {
    const text = header ?? "";
    header = undefined;
    return text;
  };
  return {
    row: (row) => {
      const { errorCode, errorMessage, errorStatus, kept } = cellsOf(row, keep);
      const cells = [row.index, outputText(row), errorCode, errorMessage, errorStatus, ...kept];
      // Some readers end a row at a carriage return.
      return takeHeader() + stringify([cells], { quoted_match: /\r/ });
    },
    end: takeHeader,
  };
}
