import { Command } from "commander";
import { type InstalledPlugin, listAdapters, propertiesOf } from "@batchwise/plugins";
import { count } from "@batchwise/terminal";
import { typesOf } from "./adapter-options.ts";
import { findAdapter, placesFrom } from "./find-adapter.ts";

/** Command `batchwise adapters`: lists installed adapters, or shows the options of one. */
export function adaptersCommand(folder: string, out: (text: string) => void): Command {
  return new Command("adapters")
    .description("Lists the adapters that are installed here, or shows the options of one.")
    .argument("[adapter]", "<package>#<adapter>")
    .addHelpText(
      "after",
      `
Examples:
  batchwise adapters
  batchwise adapters @batchwise/openai#embeddings

An adapter comes from a package with the keyword batchwise-adapter in your
node_modules: npm install @batchwise/openai @batchwise/core
`,
    )
    .action(async (reference: string | undefined) => {
      if (reference === undefined) out(listOf(await listAdapters({ from: placesFrom(folder) })));
      else out(await describe(reference, folder));
    });
}

function listOf(plugins: readonly InstalledPlugin[]): string {
  const rows = plugins.flatMap(({ package: name, adapters, error }) =>
    error === undefined
      ? adapters.map((adapter) => [`${name}#${adapter.name}`, adapter.kind, adapter.description])
      : [[name, "broken", error.message]],
  );
  if (rows.length === 0) return "No adapter is installed here. npm install @batchwise/openai @batchwise/core\n";
  return table(rows);
}

async function describe(reference: string, folder: string): Promise<string> {
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
  const limits = Object.entries(adapter.limits ?? {}).map(([limit, value]) => `${limit} ${count(Number(value))}`);
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
  return `${adapter.description}\n\n${table(facts)}\nOptions, for --set name=value:\n${table(options)}`;
}

/** Rows as text, with each column but the last as wide as its longest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join("");
}
