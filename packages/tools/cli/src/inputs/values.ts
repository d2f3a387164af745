import type { Kept } from "./kept.ts";

/** Name of a text that is a record of its own. */
export const TEXT_FIELD = "text";

/** Fields of a record. A text has one, which is the text. */
export function fieldsOf(value: unknown): Kept {
  if (typeof value === "string") return { [TEXT_FIELD]: value };
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Kind of a value, for messages. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}

/** True for a list of messages, each with a `role`. */
export function isMessages(value: unknown): value is readonly object[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((message) => isObject(message) && typeof message["role"] === "string")
  );
}
