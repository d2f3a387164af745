import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Section of the site: the files that its pages are made of, in order. */
interface Section {
  readonly text: string;
  readonly files: readonly string[];
}

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
const REPOSITORY = "https://github.com/batchwise/batchwise";

const all = (pattern: string): string[] =>
  globSync(pattern, { cwd: ROOT, exclude: (file) => /(^|\/)(node_modules|dist|template)(\/|$)/.test(file) })
    .map((file) => file.replaceAll("\\", "/"))
    .toSorted();

/** Every page of the site. One that is missing here fails the build. */
export const sections: readonly Section[] = [
  {
    text: "Start",
    files: [
      "README.md",
      "docs/getting-started.md",
      "apps/examples/README.md",
      "packages/core/README.md",
      "docs/choosing-a-strategy.md",
      "docs/providers.md",
      "docs/runtimes.md",
    ],
  },
  {
    text: "Guides",
    files: [
      "docs/guides/limits.md",
      "docs/request-size.md",
      "docs/guides/failures.md",
      "docs/guides/progress.md",
      "docs/guides/resume.md",
      "docs/guides/offline.md",
      "docs/guides/files.md",
      "docs/guides/machines.md",
      "docs/guides/serverless.md",
      "docs/middleware.md",
      "docs/writing-an-adapter.md",
      "docs/writing-a-chat-adapter.md",
    ],
  },
  {
    text: "Coming from",
    files: ["docs/coming-from/p-map.md", "docs/coming-from/langchain.md", "docs/coming-from/ai-sdk.md"],
  },
  { text: "Packages", files: all("packages/{*,*/*}/README.md").filter((file) => file !== "packages/core/README.md") },
  {
    text: "How it works",
    files: ["docs/architecture.md", "docs/laws.md", "docs/pitfalls.md", "apps/bench/README.md"],
  },
  { text: "Project", files: ["CONTRIBUTING.md", "SECURITY.md", "docs/releasing.md", "apps/docsearch/README.md"] },
  { text: "Decisions", files: all("docs/decisions/*.md") },
  { text: "Reference", files: all("docs/reference/**/*.md") },
];

const pages = new Set(sections.flatMap(({ files }) => files));

/** Files of Markdown that are not pages. A page of `docs` that is in no section is an error. */
export function others(): string[] {
  const missing = all("docs/**/*.md").filter((file) => !pages.has(file));
  if (missing.length > 0) throw new Error(`Expected every page to be in a section, got ${missing.join(", ")}.`);
  return all("**/*.md").filter((file) => !pages.has(file));
}

/** Path of a page on the site, with the extension: `docs/a.md` is `a.md`, `packages/core/README.md` is `packages/core.md`. */
export function routeOf(file: string): string {
  if (file === "README.md") return "index.md";
  const [area = ""] = file.split("/");
  if (path.basename(file) !== "README.md") return area === "docs" ? file.slice("docs/".length) : file.toLowerCase();
  return `${area}/${path.basename(path.dirname(file))}.md`;
}

export function titleOf(file: string): string {
  return /^# (.*)$/m.exec(readFileSync(path.join(ROOT, file), "utf8"))?.[1] ?? file;
}

/**
 * Where a link of a page leads on the site: to the page that is made of its file, or else to the file on GitHub.
 * Links to the repository and to npm, which READMEs need on npm, lead to the same pages.
 *
 * @throws Error where there is no such file
 */
export function linkFrom(file: string, href: string): string {
  const [url = "", hash] = href.split("#");
  const target = targetOf(file, url);
  if (target === undefined) return href;
  if (!existsSync(path.join(ROOT, target))) throw new Error(`Expected ${href} in ${file} to lead to a file, got none.`);
  const page = [target, path.posix.join(target, "README.md")].find((each) => pages.has(each));
  const to = page === undefined ? `${REPOSITORY}/blob/main/${target}` : `/${routeOf(page)}`;
  return hash === undefined ? to : `${to}#${hash}`;
}

/** Path in the repository that a link means; undefined for another site's, or a part of the same page. */
function targetOf(file: string, url: string): string | undefined {
  const [, ours] = /^https:\/\/github\.com\/batchwise\/batchwise\/(?:blob|tree)\/main\/(.*)$/.exec(url) ?? [];
  if (ours !== undefined) return ours;
  const [, name] = /^https:\/\/www\.npmjs\.com\/package\/@batchwise\/([\w-]+)$/.exec(url) ?? [];
  if (name !== undefined) return [...pages].find((each) => routeOf(each) === `packages/${name}.md`);
  return url === "" || url.includes(":") || url.startsWith("/") ? undefined : path.posix.join(path.dirname(file), url);
}
