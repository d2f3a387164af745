import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Copy } from "./copy.ts";
import type { Manifest } from "./manifest.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Checks what provenance needs, as far as possible without the CI that signs it: the release workflow may ask for an
 * identity and sets the variable that this pnpm reads, and each package names the repository that it is built from.
 */
export async function checkProvenance(workplace: Workplace, copy: Copy): Promise<string> {
  const workflow = await readFile(join(copy.root, ".github/workflows/release.yml"), "utf8");
  const faults = [
    /^\s+id-token: write\b/m,
    // pnpm reads neither NPM_CONFIG_PROVENANCE nor publishConfig.provenance.
    /^\s+PNPM_CONFIG_PROVENANCE: "?true"?\b/m,
  ]
    .filter((line) => !line.test(workflow))
    .map((line) => `release.yml has no line like ${line}`);

  const env = { PNPM_CONFIG_PROVENANCE: "true" };
  const setting = await workplace.run("pnpm", ["config", "get", "provenance"], { cwd: copy.root, env });
  if (setting.trim() !== "true")
    faults.push(`pnpm does not read PNPM_CONFIG_PROVENANCE: provenance is ${setting.trim()}`);

  const root = JSON.parse(await readFile(join(copy.root, "package.json"), "utf8")) as Manifest;
  for (const { manifest } of copy.packages) {
    if (manifest.repository?.url !== root.repository?.url) {
      faults.push(
        `${manifest.name}: repository.url is ${manifest.repository?.url}, and the repository's is ${root.repository?.url}`,
      );
    }
  }
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return `${copy.packages.length} packages name ${root.repository?.url}; the workflow asks for an identity`;
}
