import { ArgumentError } from "@batchwise/core";
import { optionMeant } from "@batchwise/core/wrappers";

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

/**
 * Holds the names of options against those that are known.
 *
 * @param owner function whose options they are
 * @param known names, the most usual first
 * @throws ArgumentError for a name that is not known, with the one that was meant
 */
export function requireKnown(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = optionMeant(unknown, known);
  const hint = meant === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${meant}\`?`;
  throw new ArgumentError(`Expected only options of ${owner}, got \`${unknown}\`. ${hint}`);
}
