import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Mutation } from "./mutations.ts";

/** Copy of the sources that core's invariants need, outside of the work tree. */
export interface Workspace {
  readonly root: string;
  remove(): Promise<void>;
}

const REPOSITORY = join(import.meta.dirname, "..", "..");
const ENGINE = "packages/core/src/engine";

/** Copies core and the testkit, with the mutation in place; the work tree is not touched. */
export async function makeWorkspace(mutation: Mutation | undefined): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), "batchwise-mutant-"));
  for (const name of ["core", "testkit"]) {
    const to = join(root, "packages", name);
    for (const part of name === "core" ? ["package.json", "src", "test"] : ["package.json", "src"]) {
      await cp(join(REPOSITORY, "packages", name, part), join(to, part), { recursive: true });
    }
    await link(to, join(root, "node_modules", "@batchwise", name));
  }
  for (const dependency of ["fast-check", "vitest"]) {
    await link(join(REPOSITORY, "node_modules", dependency), join(root, "node_modules", dependency));
  }
  await link(join(REPOSITORY, "packages/core/node_modules"), join(root, "packages/core/node_modules"));
  if (mutation !== undefined) {
    const file = join(root, ENGINE, mutation.file);
    const text = await readFile(file, "utf8");
    await writeFile(
      file,
      text.replace(mutation.find, () => mutation.replace),
    );
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Number of times that a mutation's text is in the engine; it must be 1. */
export async function occurrences(mutation: Mutation): Promise<number> {
  const text = await readFile(join(REPOSITORY, ENGINE, mutation.file), "utf8").catch(() => "");
  return text.split(mutation.find).length - 1;
}

async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await symlink(await realpath(from), to);
}
