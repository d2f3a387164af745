import { ALIKE, nameMeant } from "./name-meant.ts";

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
