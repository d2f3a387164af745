import type { ColumnTypes } from "../columns/column-type.ts";
import type { Kept } from "../inputs/kept.ts";
import { jsonOf } from "./json.ts";
import { type Row, reportedError } from "./row.ts";

/** Cells of a row besides its output. */
export interface Cells {
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
  readonly errorStatus: number | undefined;
  readonly kept: readonly (string | undefined)[];
}

export const ERROR_COLUMNS = ["error_code", "error_message", "error_status"] as const;

export function cellsOf({ kept, outcome }: Row, keep: readonly string[]): Cells {
  const error = "error" in outcome ? reportedError(outcome.error) : undefined;
  return {
    errorCode: error?.code,
    errorMessage: error?.message,
    errorStatus: error?.status,
    kept: keep.map((name) => textOf(kept[name])),
  };
}

/** Output as text, unless it is a vector: a text as it is, a chat's answer as its text, any other value as JSON. */
export function outputText({ outcome }: Row): string | undefined {
  if ("error" in outcome) return undefined;
  const { output } = outcome;
  const { text } = (output ?? {}) as { readonly text?: unknown };
  return textOf(typeof text === "string" ? text : output);
}

/** Kept fields as texts, which have all their digits; those of a column of JSON are JSON, of a text too. */
export function textsOf(kept: Kept, types: ColumnTypes = {}): Readonly<Record<string, string>> {
  const texts = Object.entries(kept).map(([name, value]) => {
    const isJson = typeof value === "string" && types[name]?.kind === "json";
    return [name, isJson ? jsonOf(value) : textOf(value)] as const;
  });
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Text of a value; undefined for null and undefined. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : jsonOf(value);
}
