import { ArgumentError } from "@batchwise/core";
import { requireKnown } from "@batchwise/core/wrappers";

/** Error for an option with a wrong value: shows numbers in full, any other value by its type alone. */
export function optionError(name: string, expected: string, value: unknown): ArgumentError {
  const got = typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
  return new ArgumentError(`Expected \`${name}\` to be ${expected}, got ${got}.`);
}

/** @throws ArgumentError for anything but an object, and for the name of an option that is not known */
export function requireOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw optionError(`options of ${owner}`, "an object", options);
  requireKnown(owner, options, known);
}
