import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { modelBroken, modelMissing } from "../errors.ts";

/** A JSON file's object. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * A JSON file of the folder; undefined where there is none.
 *
 * @throws ProviderError when the file is not JSON.
 */
export async function readJson<Content = Json>(folder: string, name: string): Promise<Content | undefined> {
  const file = join(folder, name);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw modelMissing(`a readable file ${file}`, error);
  }
  try {
    return JSON.parse(text) as Content;
  } catch (error) {
    throw modelBroken(file, "JSON", "Download the model again.", error);
  }
}

/** The first of these files that the folder has. @throws ArgumentError when it has none. */
export async function firstOf(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const file = join(folder, name);
    if (await exists(file)) return file;
  }
  const where = (await exists(folder)) ? `in the folder ${folder}` : `in ${folder}, a folder that does not exist`;
  throw modelMissing(`${names.join(" or ")} ${where}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
