import { columnOf, valueAt } from "./field-path.ts";

/** Fields of an input's record that are copied into its output. */
export type Kept = Readonly<Record<string, unknown>>;

/** Names or paths of fields to keep, or all of them. */
export type Keep = readonly string[] | "all";

/**
 * Fields of a record to keep, by their names or paths. Of all, one that has the name of the output's own gets `input_` in
 * front of it.
 *
 * @param taken names of the output's own fields
 */
export function keptOf(fields: Kept, keep: Keep, taken: readonly string[]): Kept {
  if (keep !== "all") {
    const found = keep.map((name) => [name, valueAt(fields, name)] as const);
    return Object.fromEntries(found.filter(([, value]) => value !== undefined));
  }
  const names = Object.keys(fields);
  return Object.fromEntries(names.map((name) => [freeName(name, names, taken), fields[name]]));
}

/** Names of kept fields, of a table with these columns. */
export function keptNames(columns: readonly string[], keep: Keep, taken: readonly string[]): readonly string[] {
  return keep === "all" ? columns.map((name) => freeName(name, columns, taken)) : keep;
}

/** Columns of a table that are read for these fields; undefined for all of them. */
export function columnsRead(columns: readonly string[], names: readonly string[] | undefined): readonly string[] {
  if (names === undefined) return columns;
  const read = new Set(names.map((name) => columnOf(columns, name)));
  return columns.filter((column) => read.has(column));
}

/** Name of a kept field in its record. */
export function nameBefore(name: string): string {
  return name.replace(/^(input_)+/, "");
}

function freeName(name: string, names: readonly string[], taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let free = name;
  do free = `input_${free}`;
  while (taken.includes(free) || names.includes(free));
  return free;
}
