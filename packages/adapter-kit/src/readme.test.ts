import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";

test("the README's snippet is a file that the compiler checks, and prints what it says", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const snippets = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code);
  const file = "./fixtures/readme/tern.ts";
  expect(snippets).toEqual([await readFile(new URL(file, import.meta.url), "utf8")]);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await import(file);
  const printed = log.mock.calls;
  vi.restoreAllMocks();
  expect(printed).toEqual([[3], [11]]);
});
