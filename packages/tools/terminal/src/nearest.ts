/** Names that are most similar to `wanted`, the nearest first; none where no name is. */
export function nearest(wanted: string, names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, distance: Math.min(...spellingsOf(name).map((each) => distance(wanted, each))) }))
    .filter((each) => each.distance <= Math.max(2, wanted.length / 3))
    .toSorted((one, other) => one.distance - other.distance)
    .map(({ name }) => name)
    .slice(0, 3);
}

/** Spellings of a name: users leave out the scope, or the adapter where a package has one. */
function spellingsOf(name: string): string[] {
  const names = [name, name.replace(/#.*$/, "")];
  return [...names, ...names.map((each) => each.replace(/^@[^/]*\//, ""))];
}

/** Letters to insert, remove or replace to turn one text into the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of one.split("").entries()) {
    const next = [at + 1];
    for (const [column, wanted] of other.split("").entries()) {
      const replaced = (row[column] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
