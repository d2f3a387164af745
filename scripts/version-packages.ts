import { execFileSync } from "node:child_process";
import { globSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Runs `changeset version` in the current folder. Before that, gives a pending major of core to every package that has
 * core as a peer: changesets would make it a patch, which would replace versions that run with the old core.
 */
const CORE = "@batchwise/core";

const changesets = readdirSync(".changeset").filter((file) => file.endsWith(".md") && file !== "README.md");
const isMajor = changesets.some((file) => bumpOf(CORE, readFileSync(join(".changeset", file), "utf8")) === "major");
if (isMajor) {
  const majors = packagesOnCore().map((name) => `"${name}": major\n`);
  writeFileSync(
    ".changeset/new-core.md",
    `---\n${majors.join("")}---\n\nThe new major version of ${CORE} is needed.\n`,
  );
}
const changeset = createRequire(import.meta.url).resolve("@changesets/cli/bin.js");
execFileSync(process.execPath, [changeset, "version"], { stdio: "inherit" });

/** Bump of a package in a changeset's front matter. */
function bumpOf(name: string, text: string): string | undefined {
  const [, frontMatter = ""] = /^---\n(.*?)\n---/s.exec(text) ?? [];
  const line = frontMatter.split("\n").find((each) => each.replaceAll(/["']/g, "").startsWith(`${name}:`));
  return line?.split(":").at(-1)?.trim().replaceAll(/["']/g, "");
}

function packagesOnCore(): string[] {
  return globSync("packages/{*,*/*}/package.json")
    .map((path) => JSON.parse(readFileSync(path, "utf8")) as Manifest)
    .filter(({ private: isPrivate, peerDependencies = {} }) => isPrivate !== true && CORE in peerDependencies)
    .map(({ name }) => name)
    .toSorted();
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
