import { existsSync } from "node:fs";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";

/** Packages of the table formats. They are optional: most runs have none of these files. */
const PACKAGES = {
  arrow: ["apache-arrow"],
  lz4: ["lz4-napi"],
  parquet: ["hyparquet", "hyparquet-compressors", "hyparquet-writer"],
} as const;

/**
 * Loads a module that stands on the packages of a table format.
 *
 * @throws ArgumentError that says the command which installs them, where one of them is not installed
 */
export async function withPackages<Module>(
  format: keyof typeof PACKAGES,
  load: () => Promise<Module>,
): Promise<Module> {
  const names = PACKAGES[format];
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = names.find((name) => code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`));
    if (missing === undefined) throw error;
    throw new ArgumentError(
      `Expected \`${missing}\` to be installed for files of ${format === "lz4" ? ".arrow with LZ4" : `.${format}`}, got no such package. ` +
        `Run: ${commandFor(names, import.meta.dirname, process.cwd())}`,
      { cause: error },
    );
  }
}

/**
 * Command that installs packages beside this one.
 *
 * @param place folder of this package's code
 * @param folder folder in which the user works
 */
export function commandFor(names: readonly string[], place: string, folder: string): string {
  if (place.split(path.sep).includes("_npx")) {
    return `npx -p ${["@batchwise/cli", ...names].join(" -p ")} batchwise ...`;
  }
  return `npm install ${isInstalledIn(folder) ? "" : "-g "}${names.join(" ")}`;
}

function isInstalledIn(folder: string): boolean {
  if (existsSync(path.join(folder, "node_modules", "@batchwise", "cli"))) return true;
  const parent = path.dirname(folder);
  return parent !== folder && isInstalledIn(parent);
}
