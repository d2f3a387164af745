import { ArgumentError } from "@batchwise/core";
import { optionMeant } from "@batchwise/core/wrappers";

/** Error for an option with a wrong value: shows numbers in full, any other value by its type alone. */
export function optionError(name: string, expected: string, value: unknown): ArgumentError {
  const got = typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
  return new ArgumentError(`Expected \`${name}\` to be ${expected}, got ${got}.`);
}

/**
 * Holds the names of options against those that are known.
 *
 * @param owner function whose options they are
 * @param known names, the most usual first
 * @throws ArgumentError for a name that is not known, with the one that was meant, and for anything but an object
 */
export function requireKnown(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw optionError(`options of ${owner}`, "an object", options);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = optionMeant(unknown, known);
  const hint = meant === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${meant}\`?`;
  throw new ArgumentError(`Expected only options of ${owner}, got \`${unknown}\`. ${hint}`);
}
