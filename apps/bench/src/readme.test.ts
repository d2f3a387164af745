import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replaceResult, writeResults } from "./readme.ts";
import { suites } from "./suites/index.ts";

const TEXT = `# Bench

<!-- bench:engine:start -->

old

<!-- bench:engine:end -->

Words between.

<!-- bench:stream:start -->
<!-- bench:stream:end -->

The end.
`;

describe("replaceResult", () => {
  test("replaces only the text between a suite's markers", () => {
    const once = replaceResult(TEXT, "engine", "| new |");
    expect(once).toBe(TEXT.replace("\nold\n", "\n| new |\n"));
    expect(replaceResult(once, "engine", "| new |")).toBe(once);
  });

  test("keeps what looks like a replacement pattern", () => {
    expect(replaceResult(TEXT, "stream", "costs $& and $1")).toContain("costs $& and $1");
  });

  test.each([
    ["missing", "engine", "# Bench"],
    ["without an end", "engine", "<!-- bench:engine:start -->"],
    ["in the wrong order", "engine", "<!-- bench:engine:end --><!-- bench:engine:start -->"],
    ["there twice", "stream", TEXT + TEXT],
  ])("refuses markers that are %s, and says what to put there", (_, suite, text) => {
    expect(() => replaceResult(text, suite, "new")).toThrow(
      /Expected one <!-- bench:.* and then one <!-- bench:.* in the README, got others\. Put them around/,
    );
  });
});

describe("writeResults", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bench-readme-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("writes several suites at once and leaves no other file", async () => {
    const file = join(folder, "README.md");
    await writeFile(file, TEXT);
    await writeResults(
      pathToFileURL(file),
      new Map([
        ["engine", "| engine |"],
        ["stream", "| stream |"],
      ]),
    );
    const after = await readFile(file, "utf8");
    expect(after).toContain("| engine |");
    expect(after).toContain("| stream |");
    expect(after).not.toContain("old");
    expect(await readdir(folder)).toEqual(["README.md"]);
  });

  test("writes nothing when one suite has no markers", async () => {
    const file = join(folder, "README.md");
    await writeFile(file, TEXT);
    const results = new Map([
      ["engine", "| engine |"],
      ["memory", "| memory |"],
    ]);
    await expect(writeResults(pathToFileURL(file), results)).rejects.toThrow("bench:memory:start");
    expect(await readFile(file, "utf8")).toBe(TEXT);
  });
});

test("the app's own README has a place for every suite", async () => {
  const text = await readFile(new URL("../README.md", import.meta.url), "utf8");
  for (const { name } of suites) expect(replaceResult(text, name, "here")).toContain("here");
});
