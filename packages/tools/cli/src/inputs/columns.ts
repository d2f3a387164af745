import { ArgumentError } from "@batchwise/core";
import { TEXT_KINDS } from "./content.ts";
import { columnOf, valueAt } from "./field-path.ts";
import type { InputRecord } from "./input-record.ts";
import { adviceOnList } from "./json-records.ts";
import type { Keep, Kept } from "./kept.ts";
import type { Prompt } from "./prompt.ts";
import type { Target } from "./target.ts";
import { fieldsOf, isObject } from "./values.ts";

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
  const isNamed = asked.prompt !== undefined || asked.field !== undefined;
  return isNamed ? missingIn(head, asked) === undefined : head.some((record) => "value" in record);
}

/** @throws ArgumentError for a field that the prompt or --field names and no record of the head has */
export function checkHead(head: readonly InputRecord[], asked: Asked): void {
  const missing = missingIn(head, asked);
  if (missing === undefined) return;
  const values = head.flatMap((record) => ("error" in record ? [] : [fieldsOf(record.value)]));
  const names = new Set(values.flatMap(Object.keys));
  if (names.size === 0) return;
  throw noColumn(missing, [...names], asked.prompt, values.length === 1 ? adviceOn(values[0]) : "");
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

/** Advice for an answer of a server, saved as it was: one object around the records. */
function adviceOn(only: Kept | undefined): string {
  const list = Object.entries(only ?? {}).find(([, value]) => Array.isArray(value) && value.some(isObject));
  return list === undefined ? "" : ` ${adviceOnList([list[0]])}`;
}

function noColumn(missing: string, columns: readonly string[], prompt: Prompt | undefined, more = ""): ArgumentError {
  const advice = prompt?.names.includes(missing) === true ? ` ${prompt.advice}` : "";
  return new ArgumentError(`Expected a column ${missing} in the input, got: ${listed(columns)}.${more}${advice}`);
}

function listed(columns: readonly string[]): string {
  const more = columns.length > MOST_LISTED ? `, and ${columns.length - MOST_LISTED} more` : "";
  return columns.length === 0 ? "none" : `${columns.slice(0, MOST_LISTED).map(shown).join(", ")}${more}`;
}

const MOST_LISTED = 50;

/** Name of a column, in quotes where its ends or its length could not be seen. */
function shown(name: string): string {
  const short = name.slice(0, LONGEST_SHOWN);
  // oxlint-disable-next-line no-control-regex -- a line end or a zero character would not be seen
  return name === short && name.trim() === name && /^[^\0-\x1f]+$/.test(name) ? name : JSON.stringify(short);
}

const LONGEST_SHOWN = 100;
