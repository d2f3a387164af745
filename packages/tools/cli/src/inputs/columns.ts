import { ArgumentError } from "@batchwise/core";
import { TEXT_KINDS } from "./content.ts";
import { columnOf, valueAt } from "./field-path.ts";
import type { InputRecord } from "./input-record.ts";
import type { Keep } from "./kept.ts";
import { listed, noColumn, shown } from "./no-column.ts";
import type { Prompt } from "./prompt.ts";
import type { Target } from "./target.ts";
import { fieldsOf } from "./values.ts";

/** Fields that are asked for. */
interface Asked {
  readonly target: Target;
  readonly field: string | undefined;
  readonly prompt?: Prompt | undefined;
  readonly keep: Keep;
}

/**
 * Field of a table that is the input; undefined where a prompt makes it, or a row is the input.
 *
 * @param usual the field where none is named
 * @throws ArgumentError for a column that is not there, that is there twice, or that is not named
 */
export function fieldIn(
  columns: readonly string[],
  { field, prompt, keep, target }: Asked,
  usual: string | undefined,
): string | undefined {
  const [only] = columns;
  const { kind } = target;
  const isOnly = columns.length === 1 && prompt === undefined && kind !== "rerank";
  const wanted = field ?? (prompt === undefined ? usual : undefined) ?? (isOnly ? only : undefined);
  const inputs = prompt?.names ?? (wanted === undefined ? [] : [wanted]);
  const named = [...inputs, ...(keep === "all" ? columns : keep)];
  const double = named.find((name) => columns.filter((one) => one === columnOf(columns, name)).length > 1);
  if (double !== undefined) {
    throw new ArgumentError(
      `Expected one column ${shown(double)} in the input, got several of this name. Rename the others.`,
    );
  }
  const missing = named.find((name) => columnOf(columns, name) === undefined);
  if (missing !== undefined) throw noColumn(missing, columns, prompt);
  if (inputs.length === 0 && TEXT_KINDS.has(kind)) {
    throw new ArgumentError(
      `Expected --field or --prompt to name the input's column, got none. Its columns: ${listed(columns)}.`,
    );
  }
  return wanted;
}

/** Records within which a field that is named has to be. */
const HEAD = 100;

/** Tells whether the first records are enough for `checkHead`. */
export function isHeadEnough(head: readonly InputRecord[], asked: Asked): boolean {
  if (head.length >= HEAD) return true;
  const isReadable = head.some((record) => "value" in record);
  return isReadable && missingIn(head, asked) === undefined && unkeptIn(head, asked.keep).length === 0;
}

/** @throws ArgumentError for a field that the prompt or --field names and no record of the head has */
export async function checkHead(head: readonly InputRecord[], asked: Asked): Promise<void> {
  const missing = missingIn(head, asked);
  if (missing === undefined) return;
  const { missingField } = await import("./missing-field.ts");
  const error = missingField(missing, head, asked.prompt);
  if (error !== undefined) throw error;
}

/** Errors for names of --keep that no record of the head has. */
export async function missingKept(
  head: readonly InputRecord[],
  keep: Keep,
): Promise<ReadonlyMap<string, ArgumentError>> {
  const names = head.some((record) => "value" in record) ? unkeptIn(head, keep) : [];
  if (names.length === 0) return new Map();
  const { missingField } = await import("./missing-field.ts");
  return new Map(names.map((name) => [name, missingField(name, head, undefined) ?? noColumn(name, [], undefined)]));
}

function unkeptIn(head: readonly InputRecord[], keep: Keep): readonly string[] {
  if (keep === "all") return [];
  return keep.filter((name) =>
    head.every((record) => "error" in record || valueAt(fieldsOf(record.value), name) === undefined),
  );
}

function missingIn(head: readonly InputRecord[], { prompt, field }: Asked): string | undefined {
  const names = prompt?.names ?? (field === undefined ? [] : [field]);
  return names.find((name) => head.every((record) => "error" in record || !hasField(record.value, name, prompt)));
}

/** A text that is a record of its own is the input, whatever --field names. */
function hasField(value: unknown, name: string, prompt: Prompt | undefined): boolean {
  if (prompt === undefined && typeof value === "string") return true;
  return valueAt(fieldsOf(value), name) !== undefined;
}
