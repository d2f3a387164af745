import { exec } from "node:child_process";
import { promisify } from "node:util";

/** The paths that `npm publish` would take along from a package's folder. */
export async function filesForNpm(folder: string): Promise<string[]> {
  const { stdout } = await promisify(exec)("npm pack --dry-run --json --ignore-scripts", { cwd: folder });
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { readonly files: { readonly path: string }[] }>);
  return packed?.files.map((file) => file.path) ?? [];
}
