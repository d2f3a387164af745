import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { writeFolder } from "./write-folder.ts";

const FILES = new Map([
  ["package.json", "{}\n"],
  ["src/index.ts", "export {};\n"],
]);

test("writes all files, and leaves nothing beside them", () => {
  const parent = temporaryFolder();
  const folder = path.join(parent, "deep", "new");
  writeFolder(folder, FILES, false);
  expect(readFileSync(path.join(folder, "src/index.ts"), "utf8")).toBe("export {};\n");
  expect(readdirSync(path.join(parent, "deep"))).toEqual(["new"]);
});

test("an empty folder is written into", () => {
  const folder = temporaryFolder();
  writeFolder(folder, FILES, false);
  expect(readdirSync(folder).toSorted()).toEqual(["package.json", "src"]);
});

test("a folder with something in it is refused, and stays as it is", () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, "mine.txt"), "mine");
  expect(() => writeFolder(folder, FILES, false)).toThrow("is not empty. Choose another folder with --dir");
  expect(readdirSync(folder)).toEqual(["mine.txt"]);
});

test("with force, files of the same names are replaced and others stay", () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "src"));
  writeFileSync(path.join(folder, "mine.txt"), "mine");
  writeFileSync(path.join(folder, "src/index.ts"), "old");
  writeFolder(folder, FILES, true);
  expect(readdirSync(folder).toSorted()).toEqual(["mine.txt", "package.json", "src"]);
  expect(readFileSync(path.join(folder, "src/index.ts"), "utf8")).toBe("export {};\n");
});

test("a file in the folder's place is refused", () => {
  const file = path.join(temporaryFolder(), "taken");
  writeFileSync(file, "mine");
  expect(() => writeFolder(file, FILES, true)).toThrow("is a file. Choose a folder with --dir.");
  expect(statSync(file).isFile()).toBe(true);
});

test("where a file cannot be written, nothing is there afterwards", () => {
  const parent = temporaryFolder();
  const bad = new Map([...FILES, ["src/index.ts/below-a-file.ts", ""]]);
  expect(() => writeFolder(path.join(parent, "new"), bad, false)).toThrow(/ENOTDIR|EEXIST|ENOENT/);
  expect(readdirSync(parent)).toEqual([]);
});

test("nobody is left listening for Ctrl-C", () => {
  const before = process.listenerCount("SIGINT");
  const folder = path.join(temporaryFolder(), "new");
  writeFolder(folder, FILES, false);
  expect(process.listenerCount("SIGINT")).toBe(before);
  expect(existsSync(folder)).toBe(true);
});
