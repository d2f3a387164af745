import type { OptionDeclaration, OptionGroup } from "./declaration.ts";

/**
 * A README whose tables of options say what the declarations say. A table stands between `<!-- options: name -->` and
 * `<!-- /options -->`.
 *
 * @param groups the declarations by the tables' names. What stands in the one named "shared" is left out of the others
 * @throws Error where the README has no such table
 */
export function withOptionTables(readme: string, groups: Readonly<Record<string, OptionGroup>>): string {
  const { shared = {} } = groups;
  let text = readme;
  for (const [name, group] of Object.entries(groups)) {
    const [start, end] = [`<!-- options: ${name} -->\n`, "\n<!-- /options -->"];
    const from = text.indexOf(start);
    const to = text.indexOf(end, from);
    if (from === -1 || to === -1) throw new Error(`Expected a table of options "${name}" in the README, got none.`);
    const rows = Object.entries(group).filter(([option]) => name === "shared" || !Object.hasOwn(shared, option));
    text = `${text.slice(0, from + start.length)}\n${optionTable(Object.fromEntries(rows))}${text.slice(to)}`;
  }
  return text;
}

/** A Markdown table of options: name, default, description. Its columns are as wide as their longest cells. */
export function optionTable(group: OptionGroup): string {
  const rows = Object.entries(group).map(([name, declaration]) => [
    `\`${name}\``,
    defaultOf(declaration),
    declaration.description,
  ]);
  const all = [["option", "default", "what it is"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |\n`;
  const [head, ...body] = all;
  return line(head!) + line(widths.map((width) => "-".repeat(width))) + body.map(line).join("");
}

function defaultOf({ required, default: usual, otherwise }: OptionDeclaration): string {
  if (required === true) return "none: give one";
  if (usual === undefined || otherwise !== undefined) return otherwise ?? "";
  if (typeof usual === "number") return usual.toLocaleString("en");
  const text = JSON.stringify(usual)
    .replaceAll(/"(\w+)":/g, " $1: ")
    .replaceAll("}", " }");
  return `\`${text}\``;
}
