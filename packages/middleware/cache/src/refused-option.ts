import { ArgumentError } from "@batchwise/core";

/** Error that names an option, what it takes and what was given. Of a value that is not a number, it shows the kind alone. */
export function refusedOption(owner: string, name: string, expected: string, value: unknown): ArgumentError {
  const got = typeof value === "number" ? String(value) : kindOf(value);
  return new ArgumentError(`Expected \`${name}\` of ${owner} to be ${expected}, got ${got}.`);
}

/** Kind of a value, without showing what it holds. */
export function kindOf(value: unknown): string {
  if (value === "") return "an empty string";
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
