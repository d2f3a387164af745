import { ArgumentError } from "@batchwise/core";
import type { Prompt } from "./prompt.ts";

/** Error for a field that the input does not have, with those that it has. @param more what to do about it */
export function noColumn(
  missing: string,
  columns: readonly string[],
  prompt: Prompt | undefined,
  more = "",
): ArgumentError {
  const advice = prompt?.names.includes(missing) === true ? ` ${prompt.advice}` : "";
  return new ArgumentError(`Expected a column ${missing} in the input, got: ${listed(columns)}.${more}${advice}`);
}

/** Names of columns, as far as a message has room for them. */
export function listed(columns: readonly string[]): string {
  const more = columns.length > MOST_LISTED ? `, and ${columns.length - MOST_LISTED} more` : "";
  return columns.length === 0 ? "none" : `${columns.slice(0, MOST_LISTED).map(shown).join(", ")}${more}`;
}

const MOST_LISTED = 50;

/** Name of a column, in quotes where its ends or its length could not be seen. */
export function shown(name: string): string {
  const short = name.slice(0, LONGEST_SHOWN);
  // oxlint-disable-next-line no-control-regex -- a line end or a zero character would not be seen
  return name === short && name.trim() === name && /^[^\0-\x1f]+$/.test(name) ? name : JSON.stringify(short);
}

const LONGEST_SHOWN = 100;
