import { ERROR_COLUMNS } from "./cells.ts";
import type { OutputFormat } from "./encoder.ts";

/** Fields or columns of an output's own: a kept one cannot be called so. */
export function ownNamesOf(format: OutputFormat): readonly string[] {
  return ["index", "output", ...(format === "jsonl" ? ["error"] : ERROR_COLUMNS)];
}
