import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { availableParallelism } from "node:os";

/** Machine in words: "2 cores, Node 24.21.0". */
export function describeMachine(): string {
  const cores = availableParallelism();
  return `${cores} ${cores === 1 ? "core" : "cores"}, Node ${process.versions.node}`;
}

/** Installed version of an npm package; undefined for no package. */
export function versionOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const file = findPackageJSON(name, import.meta.url);
  if (file === undefined) {
    throw new Error(`Expected the package ${name} to be installed, got none. Run \`pnpm install\`.`);
  }
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}
