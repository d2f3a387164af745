import { copyFile, lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Manifest, readManifest } from "./manifest.ts";
import { REPOSITORY, type Workplace } from "./workplace.ts";

/** Package of the workspace. */
export interface WorkspacePackage {
  readonly manifest: Manifest;
  /** Within the repository, with slashes. */
  readonly folder: string;
}

/** Copy of the repository as a commit of everything would hold it. */
export interface Copy {
  readonly root: string;
  /** Published packages. */
  readonly packages: readonly WorkspacePackage[];
}

/** Copies the files that git tracks or would add. */
export async function copyRepository(workplace: Workplace): Promise<Copy> {
  const root = await workplace.folder("repository");
  const listed = await workplace.run(
    "git",
    ["ls-files", "-z", "--deduplicate", "--cached", "--others", "--exclude-standard"],
    { cwd: REPOSITORY },
  );
  const files = await existing(listed.split("\0").filter((file) => file !== ""));
  for (const folder of new Set(files.map((file) => dirname(file))))
    await mkdir(join(root, folder), { recursive: true });
  await Promise.all(files.map((file) => copyFile(join(REPOSITORY, file), join(root, file))));

  const folders = files
    .filter((file) => /^packages\/([^/]+\/){1,2}package\.json$/.test(file))
    .map((file) => dirname(file));
  const packages = await Promise.all(
    folders.map(async (folder) => ({ folder, manifest: await readManifest(join(root, folder)) })),
  );
  return { root, packages: packages.filter(({ manifest }) => manifest.private !== true) };
}

/**
 * Installs what the copy's lockfile names. Links to the work tree's packages would be faster, but pnpm writes into any
 * package that it finds in a node_modules folder.
 */
export async function installCopy(workplace: Workplace, { root }: Copy): Promise<string> {
  const args = ["install", "--frozen-lockfile", "--prefer-offline", "--ignore-scripts"];
  await workplace.run("pnpm", args, { cwd: root });
  return "";
}

async function existing(files: readonly string[]): Promise<string[]> {
  const kept = await Promise.all(
    files.map(async (file) => (await lstat(join(REPOSITORY, file)).catch(() => undefined))?.isFile() === true),
  );
  return files.filter((_, index) => kept[index]);
}
