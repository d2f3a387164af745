import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { defaultsOf } from "./defaults.ts";
import { namesOf } from "./names.ts";
import type { ScaffoldOptions, Strategy } from "./options.ts";

/** The same from `src` and from `dist`. */
const TEMPLATE = fileURLToPath(new URL("../template", import.meta.url));

/**
 * The files of a new package: their paths, with `/`, and texts.
 *
 * The template is a whole package with both strategies, which this repository type-checks and lints. What is done to it:
 * parts between `#region bulk` (or `concurrent`) and `#endregion` go where the strategy is another; the names of "My
 * Provider" become the provider's; constants of `limits.ts` and `options.ts` are set; `{{words}}` are filled in. A
 * leading underscore in a file's name, which keeps tools from taking the file for this package's own, goes.
 */
export function renderTemplate(options: ScaffoldOptions): ReadonlyMap<string, string> {
  const { strategy = "bulk" } = options;
  const files = new Map<string, string>();
  for (const file of filesIn(TEMPLATE)) {
    if (!isWanted(strategyOf(file), strategy)) continue;
    const text = readFileSync(path.join(TEMPLATE, file), "utf8");
    files.set(file.replace(/(^|\/)_/, "$1"), render(file, text, options));
  }
  return files;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
    .toSorted();
}

/** Which strategy's file it is; undefined where it is everybody's. */
function strategyOf(file: string): Strategy | undefined {
  if (/[/-]embeddings\./.test(file)) return "bulk";
  return /[/-]chat\./.test(file) ? "concurrent" : undefined;
}

function isWanted(part: string | undefined, strategy: Strategy): boolean {
  return part === undefined || strategy === "both" || part === strategy;
}

function render(file: string, template: string, options: ScaffoldOptions): string {
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
    "{{maxConcurrency}}": String(chosen.maxConcurrency),
    "{{requestsPerMinute}}": String(chosen.requestsPerMinute ?? TOLD),
    "{{tokensPerMinute}}": String(chosen.tokensPerMinute ?? TOLD),
  };
  const { strategy = "bulk" } = options;
  let text = withoutRegions(template, strategy);
  text = text.replaceAll(WORDS, (word) => {
    const value = words[word];
    if (value === undefined) throw new Error(`The template's ${file} asks for ${word}, which nobody gives.`);
    return file.endsWith(".json") ? JSON.stringify(value).slice(1, -1) : value;
  });
  if (file === "src/options.ts") text = withConstant(text, "BASE_URL", chosen.baseURL);
  if (file !== "src/limits.ts") return text;
  if (isWanted("bulk", strategy)) text = withConstant(text, "MAX_INPUTS", chosen.maxInputs);
  text = withConstant(text, "MAX_CONCURRENCY", chosen.maxConcurrency);
  text = withConstant(text, "REQUESTS_PER_MINUTE", chosen.requestsPerMinute);
  return withConstant(text, "TOKENS_PER_MINUTE", chosen.tokensPerMinute);
}

const TOLD = "what responses tell";
const WORDS = /\{\{\w+\}\}|batchwise-my-provider|my-provider|MyProvider|My Provider|MY_PROVIDER_API_KEY/g;

/** Cuts the parts of other strategies, and the marks of all. */
function withoutRegions(text: string, strategy: Strategy): string {
  let wanted = true;
  const kept: string[] = [];
  for (const line of text.split("\n")) {
    const [, mark, part] = /^\s*(?:\/\/|<!--) #(region|endregion)(?: (\w+))?/.exec(line) ?? [];
    if (mark === "region") wanted = isWanted(part, strategy);
    else if (mark === "endregion") wanted = true;
    else if (wanted) kept.push(line);
  }
  return kept.join("\n").replaceAll(/\n{3,}/g, "\n\n");
}

function withConstant(text: string, name: string, value: string | number | undefined): string {
  const literal = typeof value === "number" ? grouped(value) : JSON.stringify(value);
  let found = false;
  const changed = text.replace(new RegExp(`^(export const ${name}\\b.* = ).*;$`, "m"), (_, start: string) => {
    found = true;
    return `${start}${literal ?? "undefined"};`;
  });
  if (!found) throw new Error(`The template has no constant ${name}.`);
  return changed;
}

/** `2048`, `300_000`. */
function grouped(count: number): string {
  return count < 10_000 ? String(count) : String(count).replaceAll(/\B(?=(\d{3})+$)/g, "_");
}
