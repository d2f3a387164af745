import { globSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { SiteConfig } from "vitepress";
import { ROOT, routeOf, sections, titleOf } from "./contents.ts";

/** Checks the links that VitePress does not, and writes `llms.txt` and `llms-full.txt`, for models that read the site. */
export function buildEnd({ outDir }: SiteConfig): void {
  checkHashes(outDir);
  // The reference is as large as all the rest; the names of its pages are enough.
  const texts = sections.filter(({ text }) => text !== "Reference").flatMap(({ files }) => files.map(textOf));
  writeFileSync(path.join(outDir, "llms-full.txt"), texts.join("\n"));
  const lists = sections.map(({ text, files }) => `## ${text}\n\n${files.map(entryOf).join("\n")}\n`);
  const intro =
    "# Batchwise\n\n> One `batch()` over any API, in TypeScript. All pages but the reference: /llms-full.txt";
  writeFileSync(path.join(outDir, "llms.txt"), [intro, ...lists].join("\n\n"));
}

/** @throws Error for links to parts of pages that are not there */
function checkHashes(outDir: string): void {
  const pages = globSync("**/*.html", { cwd: outDir }).map((file) => {
    const text = readFileSync(path.join(outDir, file), "utf8");
    const route = `/${file.replaceAll("\\", "/")}`.replace(/(index)?\.html$/, "");
    return { route, text, ids: new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)) };
  });
  const idsOf = new Map(pages.map(({ route, ids }) => [route, ids]));
  const dead = pages.flatMap(({ route, text }) =>
    [...text.matchAll(/<a [^>]*href="(\/[^"#]*)?#([^"]+)"/g)].flatMap(([, to = route, hash = ""]) =>
      idsOf.get(to)?.has(decodeURIComponent(hash)) === true ? [] : [`${to}#${hash} in ${route}`],
    ),
  );
  if (dead.length > 0) throw new Error(`Expected links to parts of pages, got dead ones:\n${dead.join("\n")}`);
}

function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

/** A page in a list: its title, and its first paragraph of prose. */
function entryOf(file: string): string {
  const [, paragraph] = /^# .*\n+(?!#|```|\|)([^]*?)(?:\n\n|$)/m.exec(textOf(file)) ?? [];
  const about =
    paragraph === undefined ? "" : `: ${paragraph.replaceAll("\n", " ").replaceAll(/\[(.*?)\]\(.*?\)/g, "$1")}`;
  return `- [${titleOf(file)}](/${routeOf(file).replace(/(index)?\.md$/, "")})${about}`;
}
