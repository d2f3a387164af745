import { ArgumentError } from "@batchwise/core";
import type { InputFile } from "../inputs/input-files.ts";
import { nameBefore } from "../inputs/kept.ts";
import { formatOf } from "../inputs/open-input.ts";
import { isTypedFormat, tableTypes } from "../inputs/typed-table.ts";
import type { RunOptions } from "../options.ts";
import type { OutputFormat } from "../outputs/encoder.ts";
import type { ColumnTypes } from "./column-type.ts";

/**
 * Types of kept columns that all files of the input declare alike. Of any others, the values are kept as texts.
 *
 * @throws ArgumentError for a kept column whose values the output cannot hold
 */
export async function keptTypes(
  { keep, format }: Pick<RunOptions, "format"> & { readonly keep: readonly string[] },
  files: readonly InputFile[],
  output: OutputFormat,
): Promise<ColumnTypes> {
  if (keep.length === 0) return {};
  const tables = files.map(async ({ path }) => {
    const known = formatOf({ input: path, format });
    return isTypedFormat(known) ? tableTypes(known, path) : {};
  });
  return sharedTypes(await Promise.all(tables), keep, output === "parquet" || output === "arrow");
}

function sharedTypes(tables: readonly ColumnTypes[], keep: readonly string[], isTyped: boolean): ColumnTypes {
  const types: [name: string, type: ColumnTypes[string]][] = [];
  for (const name of keep) {
    const declared = tables.map((table) => table[name] ?? table[nameBefore(name)]);
    const [first] = declared;
    const isOne = declared.every((type) => JSON.stringify(type) === JSON.stringify(first));
    for (const type of declared) {
      if (type?.kind === "opaque") throw cannotKeep(name, "lists or objects of bytes or intervals", "Cast it");
      if (type?.kind === "interval") throw cannotKeep(name, "intervals", "Cast it to text");
      if (type?.kind !== "bytes" || (isOne && isTyped)) continue;
      throw cannotKeep(name, "bytes", "Write .parquet or .arrow, cast it to text");
    }
    if (isOne && first !== undefined) types.push([name, first]);
  }
  return Object.fromEntries(types);
}

function cannotKeep(name: string, got: string, advice: string): ArgumentError {
  return new ArgumentError(
    `Expected --keep to name columns that the output can hold, got ${name}, a column of ${got}. Nothing was sent. ${advice}, or leave it out.`,
  );
}
