import { ERROR_COLUMNS } from "./cells.ts";
import type { OutputFormat } from "./encoder.ts";

/** Names of an output's own fields or columns: a kept field cannot have one of them. */
export function ownNamesOf(format: OutputFormat): readonly string[] {
  return ["index", "output", ...(format === "jsonl" ? ["error"] : ERROR_COLUMNS)];
}
