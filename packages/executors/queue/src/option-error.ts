import { ArgumentError } from "@batchwise/core";

/** Error for an option with a wrong value: shows numbers in full, any other value by its type alone. */
export function optionError(name: string, expected: string, value: unknown): ArgumentError {
  const got = typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
  return new ArgumentError(`Expected \`${name}\` to be ${expected}, got ${got}.`);
}
