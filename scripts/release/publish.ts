import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Copy } from "./copy.ts";
import type { Registry } from "./registry.ts";
import { REPOSITORY, type Workplace } from "./workplace.ts";

/** Builds what has changed since the last build, by turbo's cache. */
export async function build(workplace: Workplace, copy: Copy): Promise<string> {
  const turbo = join(copy.root, "node_modules/turbo/bin/turbo");
  const cache = `--cache-dir=${join(REPOSITORY, ".turbo/cache")}`;
  const output = await workplace.run(process.execPath, [turbo, "run", "build", cache, "--output-logs=errors-only"], {
    cwd: copy.root,
  });
  return /Cached:.*$/m.exec(output)?.[0].replaceAll(/\s+/g, " ") ?? "";
}

/** Publishes what the registry does not have yet, with changesets and pnpm, as the release workflow does. */
export async function publish(workplace: Workplace, copy: Copy, registry: Registry): Promise<string> {
  await writeFile(join(copy.root, ".npmrc"), registry.npmrc);
  const changeset = join(copy.root, "node_modules/@changesets/cli/bin.js");
  await workplace.run(process.execPath, [changeset, "publish", "--no-git-tag"], { cwd: copy.root, env: registry.env });

  const missing: string[] = [];
  for (const { manifest } of copy.packages) {
    const response = await fetch(new URL(`${manifest.name}/${manifest.version}`, registry.url));
    if (!response.ok) missing.push(`${manifest.name}@${manifest.version}`);
  }
  if (missing.length > 0) throw new Error(`Expected all packages in the registry, got none of ${missing.join(", ")}`);
  return `${copy.packages.length} packages`;
}
