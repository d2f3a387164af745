/** Words for the same in this library and in others. */
export const ALIKE: readonly RegExp[] = [
  /concur|paral/,
  /retr(y|ies)$|attempt/,
  /time/,
  /abort|signal/,
  /error|except/,
  /batch|chunk|maxinputs|^request$/,
];

/**
 * Name that was meant by one that is not known; undefined where none comes near. It may be spelled in another way, have two
 * wrong letters next to each other, one too few or too many, or be another library's.
 *
 * @param known names, the most usual first
 * @param words words for the same, each a pattern for names in small letters
 */
export function nameMeant(
  name: string,
  known: readonly string[],
  words: readonly RegExp[] = ALIKE,
): string | undefined {
  // No option is longer.
  const wanted = plain(name).slice(0, 40);
  const misspelled = Array.from(wanted, (_, at) => `${wanted.slice(0, at + 1)}.{0,3}${wanted.slice(at + 3)}`);
  return [new RegExp(`^(${misspelled.join("|")})$`), ...words.filter((each) => each.test(wanted))]
    .map((pattern) => known.find((each) => pattern.test(plain(each))))
    .find(Boolean);
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, "");
}

/** Advice for a name that is not known: the one that was meant, else all that are. */
export function nameHint(meant: string | undefined, known: readonly string[]): string {
  return meant === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${meant}\`?`;
}
