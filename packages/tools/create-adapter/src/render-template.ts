import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { defaultsOf } from "./defaults.ts";
import { namesOf } from "./names.ts";
import { runnablesOf, type ScaffoldOptions } from "./options.ts";

/** The same from `src` and from `dist`. */
const TEMPLATE = fileURLToPath(new URL("../template", import.meta.url));

/**
 * The files of a new package: their paths, with `/`, and texts.
 *
 * The template is a whole package with every Runnable, which this repository type-checks and lints. What is done to it:
 * files of a Runnable, and parts between `#region embeddings` (or `chat`, `rerank`) and `#endregion`, go where the package
 * does not have it; the names of "My Provider" become the provider's; constants of `limits.ts` and `options.ts` are set;
 * `{{words}}` are filled in, and tables drawn up again. A leading underscore in a file's name, which keeps tools from
 * taking the file for this package's own, goes.
 */
export function renderTemplate(options: ScaffoldOptions): ReadonlyMap<string, string> {
  const runnables = runnablesOf(options);
  const files = new Map<string, string>();
  for (const file of filesIn(TEMPLATE)) {
    const [, runnable] = /[/-](embeddings|chat|rerank)\./.exec(file) ?? [];
    if (runnable !== undefined && !runnables.has(runnable)) continue;
    const text = readFileSync(path.join(TEMPLATE, file), "utf8");
    files.set(file.replace(/(^|\/)_/, "$1"), render(file, text, options, runnables));
  }
  return files;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
    .toSorted();
}

function render(file: string, template: string, options: ScaffoldOptions, runnables: ReadonlySet<string>): string {
  const names = namesOf(options.name);
  const chosen = { ...defaultsOf(names), ...options };
  const words: Readonly<Record<string, string>> = {
    "batchwise-my-provider": names.package,
    "my-provider": names.slug,
    MyProvider: names.pascal,
    "My Provider": names.title,
    MY_PROVIDER_API_KEY: chosen.keyVariable,
    "{{author}}": chosen.author,
    "{{year}}": String(new Date().getFullYear()),
    "{{baseURL}}": chosen.baseURL,
    "{{maxInputs}}": String(chosen.maxInputs),
    "{{maxConcurrency}}": grouped(chosen.maxConcurrency),
    "{{requestsPerMinute}}": chosen.requestsPerMinute === undefined ? REPORTED : grouped(chosen.requestsPerMinute),
    "{{tokensPerMinute}}": chosen.tokensPerMinute === undefined ? REPORTED : grouped(chosen.tokensPerMinute),
  };
  let text = withoutRegions(template, runnables);
  text = text.replaceAll(WORDS, (word) => {
    const value = words[word];
    if (value === undefined) throw new Error(`Expected a value for ${word} in the template's ${file}, got none.`);
    return file.endsWith(".json") ? JSON.stringify(value).slice(1, -1) : value;
  });
  if (file.endsWith(".md")) text = withEvenTables(text);
  if (file === "src/options.ts") text = withConstant(text, "BASE_URL", chosen.baseURL);
  if (file !== "src/limits.ts") return text;
  if (runnables.has("embeddings")) text = withConstant(text, "MAX_INPUTS", chosen.maxInputs);
  text = withConstant(text, "MAX_CONCURRENCY", chosen.maxConcurrency);
  text = withConstant(text, "REQUESTS_PER_MINUTE", chosen.requestsPerMinute);
  return withConstant(text, "TOKENS_PER_MINUTE", chosen.tokensPerMinute);
}

const REPORTED = "what responses report";
const WORDS = /\{\{\w+\}\}|batchwise-my-provider|my-provider|MyProvider|My Provider|MY_PROVIDER_API_KEY/g;

/** Cuts the parts of other Runnables, and the marks of all. */
function withoutRegions(text: string, runnables: ReadonlySet<string>): string {
  let wanted = true;
  const kept: string[] = [];
  for (const line of text.split("\n")) {
    const [, mark, part] = /^\s*(?:\/\/|<!--) #(region|endregion)(?: (\w+))?/.exec(line) ?? [];
    if (mark === "region") wanted = runnables.has(part ?? "");
    else if (mark === "endregion") wanted = true;
    else if (wanted) kept.push(line);
  }
  return kept.join("\n").replaceAll(/\n{3,}/g, "\n\n");
}

/** Columns of Markdown tables are as wide as their longest cells, as the kit writes them. */
function withEvenTables(text: string): string {
  return text.replaceAll(/(?:^\|.*\|\n)+/gm, (table) => {
    const rows = table.trimEnd().split("\n");
    const [head = [], , ...body] = rows.map((row) => row.slice(2, -2).split(/ *\| */));
    const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]!.trim().length)));
    const line = (row: readonly string[]): string =>
      `| ${row.map((cell, column) => cell.trim().padEnd(widths[column]!)).join(" | ")} |\n`;
    return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("");
  });
}

function withConstant(text: string, name: string, value: string | number | undefined): string {
  const literal = typeof value === "number" ? literalOf(value) : JSON.stringify(value);
  let found = false;
  const changed = text.replace(new RegExp(`^(export const ${name}\\b.* = ).*;$`, "m"), (_, start: string) => {
    found = true;
    return `${start}${literal ?? "undefined"};`;
  });
  if (!found) throw new Error(`Expected a constant ${name} in the template, got none.`);
  return changed;
}

/** `2048`, `300_000`. */
function literalOf(count: number): string {
  return count < 10_000 ? String(count) : grouped(count, "_");
}

/** `2,048` */
function grouped(count: number, mark: string = ","): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, mark);
}
