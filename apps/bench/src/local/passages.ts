import { readdirSync, readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** Packages whose documentation is read. The lockfile pins them, so that every clone has the same texts. */
const PACKAGES = ["async", "cli-table3", "commander", "effect", "@langchain/core", "p-limit", "p-map", "p-queue"];

/**
 * Returns `count` distinct passages of prose from the documentation of this app's own dependencies.
 *
 * @throws Error when there are fewer.
 */
export function documentationPassages(count: number): readonly string[] {
  const passages = new Set(PACKAGES.flatMap((name) => documents(name)).flatMap((text) => proseOf(text)));
  if (passages.size < count) {
    throw new Error(
      `Expected ${count} passages in the documentation of this app's dependencies, got ${passages.size}.`,
    );
  }
  // Spread over all packages: each has its own style.
  const all = [...passages];
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)] as string);
}

/** Paragraphs and list items of a Markdown text, without code, tables, headings, images and HTML. */
export function proseOf(markdown: string): readonly string[] {
  const passages: string[] = [];
  let lines: string[] = [];
  let fenced = false;
  const end = (): void => {
    const passage = lines.join(" ").replaceAll(/\s+/g, " ").trim();
    if (passage.split(" ").length >= 8) passages.push(passage);
    lines = [];
  };
  for (const line of markdown.split(/\r?\n/)) {
    const text = line.trim();
    const isFence = text.startsWith("```");
    if (isFence) fenced = !fenced;
    if (isFence || fenced || text === "" || /^[#|<!=>]/.test(text) || text.startsWith("[!")) end();
    else if (/^([*+-]|\d+\.) /.test(text)) {
      end();
      lines.push(text.replace(/^([*+-]|\d+\.) /, ""));
    } else lines.push(text);
  }
  end();
  return passages;
}

function documents(name: string): readonly string[] {
  const manifest = findPackageJSON(name, import.meta.url);
  if (manifest === undefined) throw new Error(`Expected ${name} to be installed, got none. Run \`pnpm install\`.`);
  const folder = new URL(".", `file://${manifest}`);
  return readdirSync(folder)
    .filter((file) => /^readme\.md$/i.test(file))
    .toSorted()
    .map((file) => readFileSync(new URL(file, folder), "utf8"));
}
