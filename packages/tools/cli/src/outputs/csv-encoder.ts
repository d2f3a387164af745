import { ArgumentError } from "@batchwise/core";
import { stringify } from "csv-stringify/sync";
import { cellsOf, outputText } from "./cells.ts";
import type { Encoder, TableShape } from "./encoder.ts";
import { ownColumns } from "./own-names.ts";

/**
 * Encoder of a table in CSV: index, output, error, and kept fields.
 *
 * @throws ArgumentError for vectors
 */
export function csvEncoder(shape: TableShape): Encoder {
  const { kind, keep, properties, isSafe = false, isContinued = false } = shape;
  if (kind === "embeddings") {
    throw new ArgumentError("Expected another format than CSV for vectors, got .csv. Use .jsonl, .parquet or .arrow.");
  }
  const plain = isSafe ? safeCell : (cell: string | undefined): string | undefined => cell;
  let header: string | undefined = isContinued ? "" : stringify([csvColumns(shape)]);
  const takeHeader = (): string => {
    const text = header ?? "";
    header = undefined;
    return text;
  };
  return {
    row: (row) => {
      const { errorCode, errorMessage, errorStatus, kept } = cellsOf(row, keep);
      const cells = [
        row.index,
        ...(properties === undefined ? [plain(outputText(row))] : []),
        errorCode,
        plain(errorMessage),
        errorStatus,
        ...kept.map(plain),
      ];
      // Some readers end a row at a carriage return.
      return takeHeader() + stringify([cells], { quoted_match: /\r/ });
    },
    end: takeHeader,
  };
}

/** Names of a table's columns. */
export function csvColumns(shape: TableShape): string[] {
  const { keep, isSafe = false } = shape;
  return [...ownColumns(shape), ...(isSafe ? keep.map((name) => safeCell(name) ?? name) : keep)];
}

/**
 * Cell that a spreadsheet takes for a text: https://owasp.org/www-community/attacks/CSV_Injection (read 2026-11-29). Numbers
 * with a sign stay numbers.
 */
function safeCell(cell: string | undefined): string | undefined {
  return cell !== undefined && FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
}

/** Signs of a formula, those of East Asian width too, and characters that a spreadsheet skips before one. */
// oxlint-disable-next-line no-control-regex -- a zero character is one of them
const FORMULA = /^[=+\-@\t\r\n\0\uFF1D\uFF0B\uFF0D\uFF20]/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
