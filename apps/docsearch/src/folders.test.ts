import path from "node:path";
import { expect, test } from "vitest";
import { resolveFolders } from "./folders.ts";
import { temporaryFolder } from "./testing/folder.ts";

test("the project's root is searched, from any folder in it, and keeps the index", async () => {
  const project = await temporaryFolder({
    "pnpm-lock.yaml": "",
    "node_modules/a/README.md": "",
    "apps/one/node_modules/b/README.md": "",
  });
  expect(resolveFolders({ workingFolder: path.join(project, "apps/one"), environment: {} })).toEqual({
    documents: path.join(project, "node_modules"),
    index: path.join(project, ".docsearch"),
  });
});

test("the index of another folder lies in the user's cache, one for each folder", () => {
  const environment = { XDG_CACHE_HOME: path.resolve("/cache") };
  const choose = (dir: string): string =>
    resolveFolders({ dir, workingFolder: path.resolve("/home"), environment }).index;
  expect(choose("notes")).toContain(path.join(path.resolve("/cache"), "batchwise", "docsearch"));
  expect(choose("notes")).toBe(choose("./notes"));
  expect(choose("notes")).not.toBe(choose("other"));
});

test("a given cache folder is used as it is", () => {
  expect(
    resolveFolders({
      dir: "a",
      cacheDir: "b",
      workingFolder: path.resolve("/home"),
      environment: {},
    }),
  ).toEqual({
    documents: path.resolve("/home/a"),
    index: path.resolve("/home/b"),
  });
});

test("the error without an installed project says what to do", async () => {
  const empty = await temporaryFolder();
  expect(() => resolveFolders({ workingFolder: empty, environment: {} })).toThrow(/--dir/);
});
