import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** Creates a temporary folder with the given files, by their relative paths; it is removed after the test. */
export async function temporaryFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "docsearch-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  return folder;
}

/** Path of a file of vectors that is not there yet. */
export async function newCache(): Promise<string> {
  return path.join(await temporaryFolder(), "vectors.sqlite");
}

/** Writes files, by their relative paths. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }),
  );
}

/** Markdown with `count` passages, each with a different text. */
export function numberedNotes(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `# Note ${index}\n\nThis is what there is to say of number ${index}.\n`,
  ).join("\n");
}
