import { ArgumentError } from "@batchwise/core";
import type { InputRecord } from "./input-record.ts";
import { adviceOnList } from "./list-advice.ts";
import { noColumn } from "./no-column.ts";
import type { Prompt } from "./prompt.ts";
import { fieldsOf, isObject } from "./values.ts";

/** Error for a field that no record of the head has; undefined where none of them has fields. */
export function missingField(
  missing: string,
  head: readonly InputRecord[],
  prompt: Prompt | undefined,
): ArgumentError | undefined {
  const values = head.flatMap((record) => ("error" in record ? [] : [record.value]));
  const names = new Set(values.flatMap((value) => Object.keys(fieldsOf(value))));
  const isAlone = head.length === 1;
  if (names.size > 0) return noColumn(missing, [...names], prompt, isAlone ? adviceOn(values[0]) : "");
  if (!isAlone || !Array.isArray(values[0])) return undefined;
  const advice = "--format json reads the values of a JSON array.";
  return new ArgumentError(`Expected a field ${missing} in the input, got one list. ${advice}`);
}

/** Advice for an answer of a server, saved as it was: one object around the records. */
function adviceOn(only: unknown): string {
  const list = Object.entries(fieldsOf(only)).find(([, value]) => Array.isArray(value) && value.some(isObject));
  return list === undefined ? "" : ` ${adviceOnList([list[0]])}`;
}
