/**
 * Records as text for a terminal: a table or, where that would be wider than the terminal, lines of a name and a value for
 * each record. All records have the same names.
 *
 * @param columns width of the terminal @default 80
 */
export function listing(records: readonly Readonly<Record<string, string>>[], columns: number = 80): string {
  const names = Object.keys(records[0] ?? {});
  const rows = [names, ...records.map((record) => names.map((name) => record[name] ?? ""))];
  const widths = names.map((_, column) => longest(rows.map((row) => row[column] ?? "")));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP));
  if (lines.every((line) => line.trimEnd().length <= columns))
    return lines.map((line) => `${line.trimEnd()}\n`).join("");
  const width = longest(names);
  return records
    .map((record) => names.map((name) => `${name.padEnd(width)}${GAP}${record[name] ?? ""}`.trimEnd()).join("\n"))
    .map((block) => `${block}\n`)
    .join("\n");
}

const GAP = "  ";

function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}
