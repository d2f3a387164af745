import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { echoFolder, echoIn } from "../testing/echo.ts";
import { textLines } from "../testing/workbench.ts";

// A safeguard, not a measure: machines may be busy.
vi.setConfig({ testTimeout: 120_000 });

const INPUTS = 1000;
const RUN = ["in.jsonl", "-o", "out.jsonl", "--overwrite", "--cache", "kept"];

async function folderWithCache(): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = await echoFolder({ "in.jsonl": textLines(INPUTS) });
  expect((await echoIn(folder, "in.jsonl", "-o", "first.jsonl", "--cache", "kept")).code).toBe(0);
  await writeFile(path.join(folder, "out.jsonl"), "an old output\n");
  return { folder, file: path.join(folder, "kept", "cache.sqlite") };
}

const damages: readonly (readonly [string, (file: string) => Promise<void>, RegExp])[] = [
  [
    "garbage",
    (file) => writeFile(file, "garbage ".repeat(2000)),
    /is not an SQLite database: delete it.*--cache-errors continue/,
  ],
  ["cut short", async (file) => writeFile(file, (await readFile(file)).subarray(0, 40_000)), /is damaged: delete it/],
  [
    "of damaged entries",
    async (file) => writeFile(file, (await readFile(file)).fill(7, 20_000)),
    /is damaged: delete it/,
  ],
];

test.each(damages)("a cache that is %s: one error before the output is touched", async (_, damage, message) => {
  const { folder, file } = await folderWithCache();
  await damage(file);
  const before = await readdir(folder);
  const { code, stderr } = await echoIn(folder, ...RUN);
  expect(code).toBe(2);
  expect(stderr.trim().split("\n")).toEqual([expect.stringMatching(message)]);
  expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe("an old output\n");
  expect(await readdir(folder)).toEqual(before);
});

test.each(damages)("a cache that is %s, and done without where asked", async (_, damage) => {
  const { folder, file } = await folderWithCache();
  await damage(file);
  const { code, stderr } = await echoIn(folder, ...RUN, "--cache-errors", "continue");
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining(`${INPUTS.toLocaleString("en")} answered, 0 failed`),
  });
  expect(stderr.match(/The cache could not be read; its inputs are sent\./g)).toHaveLength(1);
  expect(stderr).toContain("delete it");
});

test("a cache whose folder cannot be made: one error", async () => {
  const folder = await echoFolder({ "in.jsonl": textLines(INPUTS), kept: "a file" });
  const { code, stderr } = await echoIn(folder, ...RUN);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/A file is where its folder should be/) });
  expect(await readdir(folder)).not.toContain("out.jsonl");
});
