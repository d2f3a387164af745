import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { resolvePlaces } from "./folders.ts";
import { temporaryFolder } from "./testing/folder.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("the project's root is searched, from any folder in it, and keeps the vectors", async () => {
  const project = await temporaryFolder({
    "pnpm-lock.yaml": "",
    "node_modules/a/README.md": "",
    "apps/one/node_modules/b/README.md": "",
  });
  expect(resolvePlaces(path.join(project, "apps/one"))).toEqual({
    documents: path.join(project, "node_modules"),
    vectors: path.join(project, ".docsearch/vectors.sqlite"),
  });
});

test("with another folder the vectors lie in the user's cache, or where the user's variable says", () => {
  vi.stubEnv("BATCHWISE_CACHE_DIR", "");
  vi.stubEnv("XDG_CACHE_HOME", path.resolve("/cache"));
  const { documents, vectors } = resolvePlaces(path.resolve("/home"), "notes");
  expect(documents).toBe(path.resolve("/home/notes"));
  expect(vectors).toBe(path.resolve("/cache/batchwise/docsearch.sqlite"));
  vi.stubEnv("BATCHWISE_CACHE_DIR", path.resolve("/own"));
  expect(resolvePlaces(path.resolve("/home"), "notes").vectors).toBe(path.resolve("/own/docsearch.sqlite"));
});

test("--cache is taken from the working folder", () => {
  expect(resolvePlaces(path.resolve("/home"), "a", "b.sqlite")).toEqual({
    documents: path.resolve("/home/a"),
    vectors: path.resolve("/home/b.sqlite"),
  });
});

test("the error without an installed project says what to do", async () => {
  const empty = await temporaryFolder();
  expect(() => resolvePlaces(empty)).toThrow(/--dir/);
});
