import { type InstalledPlugin, propertiesOf } from "@batchwise/plugins";
import { count } from "@batchwise/terminal";
import wrapAnsi from "wrap-ansi";
import { typesOf } from "./adapter-options.ts";
import { findAdapter } from "./find-adapter.ts";

/** Adapters of the packages that are installed, as text. @param columns width of the terminal, where there is one */
export function listOf(plugins: readonly InstalledPlugin[], columns: number | undefined): string {
  const rows = plugins.flatMap(({ package: name, adapters, error }) =>
    error === undefined
      ? adapters.map((adapter) => [`${name}#${adapter.name}`, adapter.kind, adapter.description])
      : [[name, "broken", error.message]],
  );
  if (rows.length === 0) return "No adapter is installed here. npm install @batchwise/openai @batchwise/core\n";
  return table(rows, columns);
}

/** Options and limits of an adapter, as text. @param columns width of the terminal, where there is one */
export async function describe(reference: string, folder: string, columns: number | undefined): Promise<string> {
  const { package: name, version, adapter } = await findAdapter(reference, folder);
  const properties = Object.entries(propertiesOf(adapter.options));
  const required = (adapter.options["required"] ?? []) as readonly string[];
  const options = properties.map(([option, property = {}]) => [
    `  ${option}`,
    typesOf(property).join(" or "),
    [
      (property["description"] ?? "") as string,
      ...(required.includes(option) ? ["Required."] : []),
      ...(property["default"] === undefined ? [] : [`Default: ${JSON.stringify(property["default"])}.`]),
      ...(Array.isArray(property["enum"]) ? [`One of ${property["enum"].join(", ")}.`] : []),
    ].join(" "),
  ]);
  const limits = Object.entries(adapter.limits ?? {}).flatMap(([limit, value]) =>
    typeof value === "number" ? [`${limit} ${count(value)}`] : [],
  );
  const { messages, requests } = adapter.inputs ?? {};
  const inputs = [
    ...(messages === true ? ["messages"] : []),
    ...(requests === undefined ? [] : [`OpenAI's requests to ${requests}`]),
  ];
  const facts = [
    [`${name}#${adapter.name}`, adapter.kind, version ?? ""],
    ...(adapter.key === undefined ? [] : [["Key", "in the environment variable", adapter.key]]),
    ...(inputs.length === 0 ? [] : [["Inputs", "besides texts", inputs.join(", ")]]),
    ...(adapter.structured === true ? [["Values", "instead of texts", "by --schema"]] : []),
    ...(limits.length === 0 ? [] : [["Limits", "of one request", limits.join(", ")]]),
  ];
  const about = wrapAnsi(adapter.description, columns ?? Infinity);
  return `${about}\n\n${table(facts, columns)}\nOptions, for --set name=value:\n${table(options, columns)}`;
}

/**
 * Rows as text, with each column but the last as wide as its longest cell. The last one breaks between words; under the
 * others, where it has no room beside them.
 */
function table(rows: readonly (readonly string[])[], columns: number = Infinity): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const indent = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const isBeside = columns - indent >= LEAST_ROOM;
  const blank = " ".repeat(isBeside ? indent : UNDER);
  return rows
    .map((row) => {
      const first = row.slice(0, -1).map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const last = wrapAnsi(row.at(-1) ?? "", columns - blank.length).replaceAll("\n", `\n${blank}`);
      const line = isBeside
        ? [...first, last].join(GAP)
        : `${wrapAnsi(first.join(GAP).trimEnd(), columns)}\n${blank}${last}`;
      return `${line.trimEnd()}\n`;
    })
    .join("");
}

const GAP = "  ";
const LEAST_ROOM = 20;
const UNDER = 4;
