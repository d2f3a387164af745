import path from "node:path";
import { expect, test } from "vitest";
import { numberedNotes, temporaryFolder } from "./testing/folder.ts";
import { start, type Started } from "./testing/start.ts";

/** Asks a folder with `count` passages, with a new index. */
async function ask(count: number, flags: readonly string[], workingFolder: string): Promise<Started> {
  const dir = await temporaryFolder({ "notes.md": numberedNotes(count) });
  const argv = ["--dir", dir, "--cache-dir", await temporaryFolder(), ...flags, "what is number 2?"];
  return start(argv, { workingFolder });
}

test("--cache keeps what is embedded for another folder and another index", async () => {
  const workingFolder = await temporaryFolder();
  const first = await ask(3, ["--cache", "vectors.sqlite"], workingFolder);
  expect(first.code).toBe(0);
  expect(first.embedder.texts).toHaveLength(3 + 1);
  expect(first.notes).toMatch(/Cache +0 texts found there, 3 kept there/);

  const second = await ask(5, ["--cache", path.join(workingFolder, "vectors.sqlite")], workingFolder);
  expect(second.embedder.texts).toHaveLength(2 + 1);
  expect(second.notes).toContain("5 texts embedded");
  expect(second.notes).toMatch(/Cache +3 texts found there, 2 kept there/);
});

test("--rebuild reads from it too, and without --cache nothing is kept or reported", async () => {
  const workingFolder = await temporaryFolder();
  const flags = ["--cache", "vectors.sqlite", "--rebuild"];
  const plain = await ask(2, [], workingFolder);
  expect(plain.notes).not.toContain("Cache");
  await ask(2, flags, workingFolder);
  expect((await ask(2, flags, workingFolder)).embedder.texts).toEqual(["what is number 2?"]);
});

test("a file that is not a cache ends the run before anything is embedded", async () => {
  const workingFolder = await temporaryFolder({ "notes.txt": "This is not a cache, and must not be overwritten." });
  const { code, notes, embedder } = await ask(2, ["--cache", "notes.txt"], workingFolder);
  expect(code).toBe(1);
  expect(notes).toMatch(/^error: /m);
  expect(embedder.texts).toEqual([]);
});
