import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Copy } from "./copy.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { REPOSITORY, type Workplace } from "./workplace.ts";

type Bump = "patch" | "minor" | "major";

const CORE = "@batchwise/core";

/**
 * Lets changesets compute versions, and checks them: a patch or a minor of core releases core alone; a major of core makes
 * every package with core as its peer a major, and those that depend on one of these a patch; a release of an adapter
 * leaves all others as they are.
 */
export async function checkVersions(workplace: Workplace, copy: Copy): Promise<string[]> {
  const manifests = copy.packages.map(({ manifest }) => manifest);
  const onCore = manifests.filter(({ peerDependencies = {} }) => CORE in peerDependencies);
  for (const { name, peerDependencies } of onCore) {
    const range = peerDependencies?.[CORE];
    if (range !== "workspace:^") {
      throw new Error(
        `Expected ${name} to have ${CORE} as a peer with "workspace:^", so that its range follows, got "${range}".`,
      );
    }
  }
  const renewed = new Set([CORE, ...onCore.map(({ name }) => name)]);
  const dependents = manifests.filter(
    (manifest) =>
      !onCore.includes(manifest) && Object.keys(manifest.dependencies ?? {}).some((name) => renewed.has(name)),
  );
  const cases: readonly [name: string, bump: Bump, alsoMajor: readonly Manifest[], alsoPatch: readonly Manifest[]][] = [
    [CORE, "patch", [], []],
    [CORE, "minor", [], []],
    [CORE, "major", onCore, dependents],
    ["@batchwise/openai", "minor", [], []],
  ];
  return Promise.all(
    cases.map(async ([name, bump, alsoMajor, alsoPatch]) => {
      const after = await versionsAfter(workplace, copy, name, bump);
      const faults = manifests.flatMap((manifest) => {
        const along = alsoMajor.includes(manifest) ? "major" : alsoPatch.includes(manifest) ? "patch" : undefined;
        const expected = bumped(manifest.version, manifest.name === name ? bump : along);
        const got = after.get(manifest.name);
        return got === expected ? [] : [`${manifest.name}: expected ${expected}, got ${got}`];
      });
      if (faults.length > 0)
        throw new Error(`Expected other versions after a ${bump} of ${name}, got:\n${faults.join("\n")}`);
      const others = alsoMajor.length === 0 ? "no other package" : `and a major of ${alsoMajor.length} others`;
      return `${bump} of ${name}: ${after.get(name)}, ${others}`;
    }),
  );
}

async function versionsAfter(workplace: Workplace, copy: Copy, name: string, bump: Bump): Promise<Map<string, string>> {
  const folder = await workplace.folder(join("versions", `${name.split("/").at(-1)}-${bump}`));
  const paths = ["package.json", "pnpm-workspace.yaml", ".changeset/config.json"];
  for (const path of [...paths, ...copy.packages.map((each) => `${each.folder}/package.json`)]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(copy.root, path), join(folder, path));
  }
  await writeFile(join(folder, ".changeset/change.md"), `---\n"${name}": ${bump}\n---\n\nA change.\n`);
  await workplace.run(process.execPath, [join(REPOSITORY, "scripts/version-packages.ts")], { cwd: folder });

  const log = await readFile(join(folder, packageFolder(copy, name), "CHANGELOG.md"), "utf8");
  if (!log.includes("A change."))
    throw new Error(`Expected the changeset's text in the CHANGELOG.md of ${name}, got none.`);
  const after = await Promise.all(copy.packages.map((each) => readManifest(join(folder, each.folder))));
  return new Map(after.map((manifest) => [manifest.name, manifest.version]));
}

function packageFolder(copy: Copy, name: string): string {
  const found = copy.packages.find(({ manifest }) => manifest.name === name);
  if (found === undefined) throw new Error(`Expected a package ${name} to release, got none.`);
  return found.folder;
}

function bumped(version: string, bump: Bump | undefined): string {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (bump === "major") return `${major + 1}.0.0`;
  if (bump === "minor") return `${major}.${minor + 1}.0`;
  return bump === "patch" ? `${major}.${minor}.${patch + 1}` : version;
}
