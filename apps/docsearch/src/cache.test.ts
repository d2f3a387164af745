import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { newCache, numberedNotes, temporaryFolder } from "./testing/folder.ts";
import { start, type Started } from "./testing/start.ts";

/** Asks a folder with `count` passages. */
async function ask(count: number, flags: readonly string[], workingFolder?: string): Promise<Started> {
  const dir = await temporaryFolder({ "notes.md": numberedNotes(count) });
  return start(["--dir", dir, ...flags, "what is number 2?"], workingFolder === undefined ? {} : { workingFolder });
}

test("--cache keeps what is embedded for another folder, in a file relative to the working folder", async () => {
  const workingFolder = await temporaryFolder();
  const first = await ask(3, ["--cache", "vectors.sqlite"], workingFolder);
  expect(first.code).toBe(0);
  expect(first.embedder.texts).toHaveLength(3 + 1);

  const second = await ask(5, ["--cache", path.join(workingFolder, "vectors.sqlite")]);
  expect(second.embedder.texts).toHaveLength(2 + 1);
  expect(second.notes).toContain("2 texts embedded");
});

test("vectors of another model are kept apart in the same file, and both are found again", async () => {
  const flags = ["--cache", await newCache()];
  const other = ["--model", "universal-sentence-encoder-lite"];
  await ask(3, flags);
  expect((await ask(3, [...flags, ...other])).embedder.texts).toHaveLength(3 + 1);
  for (const model of [[], other]) expect((await ask(3, [...flags, ...model])).notes).toContain("nothing new");
});

test("a file that is not a cache ends the run before anything is embedded, and stays as it is", async () => {
  const text = "This is not a cache, and must not be overwritten.";
  const workingFolder = await temporaryFolder({ "notes.txt": text });
  const { code, notes, embedder } = await ask(2, ["--cache", "notes.txt"], workingFolder);
  expect(code).toBe(1);
  expect(notes).toMatch(/^error: .*Nothing was sent/m);
  expect(embedder.texts).toEqual([]);
  expect(await readFile(path.join(workingFolder, "notes.txt"), "utf8")).toBe(text);
});
