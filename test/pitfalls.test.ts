import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { tests } from "./sources.ts";

const LAST = 56;
const page = readFileSync(new URL("../docs/pitfalls.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| (P\d+) +\| (.*?) +\| (.*?) +\|$/gm)].map(([, number = "", , links = ""]) => ({
  number,
  files: [...links.matchAll(/\]\((.*?)\)/g)].map(([, link = ""]) => path.posix.join("docs", link)),
  isToCome: links === "to come",
}));
const textOf = new Map(tests.map((each) => [each.path, each.text]));

test("every pitfall has its row, in order", () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: LAST }, (_, index) => `P${index + 1}`));
});

test("every row has tests that carry its number, or says that they are to come", () => {
  expect(rows.filter(({ files, isToCome }) => (files.length === 0) !== isToCome)).toEqual([]);
  const faults = rows.flatMap(({ number, files }) => files.map((file) => faultOf(number, file)));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});

test("every number in a test is a row, and its tests are not to come", () => {
  const listed = new Set(rows.filter(({ isToCome }) => !isToCome).map(({ number }) => number));
  const others = tests.flatMap((each) =>
    (each.text.match(/\bP[1-9]\d?\b/g) ?? [])
      .filter((number) => !listed.has(number))
      .map((number) => [each.path, number]),
  );
  expect(others).toEqual([]);
});

function faultOf(number: string, file: string): string | undefined {
  const text = textOf.get(file);
  if (text !== undefined) {
    return new RegExp(`\\b${number}\\b`).test(text) ? undefined : `${number}: ${file} does not have the number`;
  }
  const moved = tests.filter(({ path: other }) => path.basename(other) === path.basename(file));
  return `${number}: ${file} is not there. Files of that name: ${moved.map((each) => each.path).join(", ") || "none"}`;
}
