import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./workbench.ts";

/** Makes a folder with these files and a package of adapters. @param source its code, which may import core */
export async function pluginFolder(
  name: string,
  source: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const folder = await temporaryFolder({
    "package.json": "{}",
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      version: "1.0.0",
      type: "module",
      keywords: ["batchwise-adapter"],
      exports: "./index.js",
    }),
    [`node_modules/${name}/index.js`]: source,
    ...files,
  });
  const scope = path.join(folder, "node_modules", "@batchwise");
  await mkdir(scope, { recursive: true });
  await symlink(fileURLToPath(new URL("../../../../core", import.meta.url)), path.join(scope, "core"), "junction");
  return folder;
}
