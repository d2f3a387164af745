import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { REPOSITORY, type Workplace } from "./workplace.ts";

/** Provides the `pnpm` version that the repository names, and the `node` that runs this. */
export async function bringPnpm(workplace: Workplace): Promise<void> {
  workplace.addToPath(dirname(process.execPath));
  const root = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8")) as { packageManager: string };
  const [, version] = root.packageManager.split("@");
  const there = await workplace.run("pnpm", ["--version"], { cwd: workplace.root }).catch(() => "");
  if (there.trim() === version) return;
  const folder = await workplace.folder("pnpm");
  await workplace.run("npm", ["install", "--prefix", folder, "--prefer-offline", root.packageManager], { cwd: folder });
  workplace.addToPath(join(folder, "node_modules/.bin"));
}
