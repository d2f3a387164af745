import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ROOT = path.dirname(import.meta.dirname);

function linesOf(pattern: string): number {
  const files = globSync(pattern, { cwd: ROOT }).filter((file) => !/\.test\.ts$|[\\/]testing[\\/]/.test(file));
  expect(files).not.toEqual([]);
  const lines = files.map((file) => readFileSync(path.join(ROOT, file), "utf8").split("\n").length - 1);
  return lines.reduce((sum, count) => sum + count, 0);
}

test("the sample can be read in a sitting: at most 1,300 lines, and 1,800 with the measuring and the comparison", () => {
  const sample = linesOf("src/**/*.ts");
  expect(sample).toBeLessThanOrEqual(1300);
  expect(sample + linesOf("{measure,compare}/*.ts")).toBeLessThanOrEqual(1800);
});
