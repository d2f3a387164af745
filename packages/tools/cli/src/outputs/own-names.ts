import { ERROR_COLUMNS } from "./cells.ts";
import type { OutputFormat, TableShape } from "./encoder.ts";

/** Names of an output's own fields or columns: a kept field cannot have one of them. */
export function ownNamesOf(format: OutputFormat): readonly string[] {
  return format === "jsonl" ? ["index", "output", "error"] : ownColumns({});
}

/** Names of a table's own columns, in their order. Those of properties come after them. */
export function ownColumns({ properties }: Pick<TableShape, "properties">): readonly string[] {
  return ["index", ...(properties === undefined ? ["output"] : []), ...ERROR_COLUMNS];
}
