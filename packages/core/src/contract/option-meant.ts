import { ArgumentError } from "./errors.ts";
import { ALIKE, nameHint, nameMeant } from "./name-meant.ts";

/** Words for the same in the options of adapters, and of the SDKs that these stand on. */
const WORDS: readonly RegExp[] = [
  /^baseur[il]$|apibase|basepath|endpoint|^host|^environment$/,
  /key$|token$/,
  /headers$/,
  /^model|deployment/,
  /instruction|system|preamble/,
  /max.*tokens/,
  /format|schema$/,
  /limit/,
  ...ALIKE,
];

/**
 * Option that was meant by a name that an adapter or a command does not know; undefined where none comes near. The name may
 * be misspelled, or another library's: `concurrency` is `maxConcurrency`, `endpoint` is `baseURL`.
 *
 * @param known names of the options, the most usual first
 */
export function optionMeant(name: string, known: readonly string[]): string | undefined {
  return nameMeant(name, known, WORDS);
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
  const hint = nameHint(optionMeant(unknown, known), known);
  throw new ArgumentError(`Expected only options of ${owner}, got \`${unknown}\`. ${hint}`);
}
