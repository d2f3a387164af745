import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ArgumentError } from "@batchwise/core";

/** A file that can be built again whenever it is missing or damaged. */
export interface CachedFile {
  readonly folder: string;
  readonly name: string;
  /** Hash of the whole file, in hexadecimal. */
  readonly sha256: string;
  readonly build: () => Promise<Uint8Array>;
}

/**
 * The path of the file, built first where it is missing or its hash is wrong. It appears under its name complete or
 * not at all, so that two processes that build it at once do not disturb each other.
 *
 * @throws ArgumentError when the folder cannot be written to.
 */
export async function cachedFile(file: CachedFile): Promise<string> {
  const path = join(file.folder, file.name);
  if ((await sha256Of(path)) === file.sha256) return path;
  const bytes = await file.build();
  try {
    await mkdir(file.folder, { recursive: true });
    await writeAtomically(path, bytes);
  } catch (cause) {
    // Windows refuses to replace a file that another process has open; that process has built the same one.
    if ((await sha256Of(path)) === file.sha256) return path;
    throw new ArgumentError(
      `Expected a folder for the converted model that can be written to, got ${file.folder}. ` +
        `Set \`cacheDir\` or the variable BATCHWISE_CACHE_DIR to another one.`,
      { cause },
    );
  }
  return path;
}

/**
 * Folder in which models are kept: `models` in $BATCHWISE_CACHE_DIR, or else in `batchwise` in the user's cache folder
 * ($XDG_CACHE_HOME, %LOCALAPPDATA% or ~/.cache).
 */
export function defaultCacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const own = environment["BATCHWISE_CACHE_DIR"];
  if (own) return join(own, "models");
  const users = environment["XDG_CACHE_HOME"] || environment["LOCALAPPDATA"] || join(homedir(), ".cache");
  return join(users, "batchwise", "models");
}

/** The hash of a file in hexadecimal; undefined where there is none that can be read: it is built again then. */
async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch {
    return undefined;
  }
  return hash.digest("hex");
}

async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  // In the same folder, because a rename is atomic within one file system only.
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
      // A crash of the machine must not leave the name on a file whose content was never written.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
