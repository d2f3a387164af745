import { expect, test } from "vitest";
import { documentationPassages, proseOf } from "./passages.ts";

test("prose is paragraphs and list items of eight words or more, without code, headings, tables and HTML", () => {
  const markdown = [
    "# A heading that has rather more than eight words in it",
    "",
    "A paragraph of a few words that goes",
    "on in the next line.",
    "",
    "```ts",
    "const code = 'it is never taken for prose, however long';",
    "```",
    "- The first point of a list, long enough to count.",
    "- The second point of a list, long enough to count.",
    "",
    "| a table | with cells | of several words | that do not count |",
    "<p>Some HTML that has many words and is still not prose</p>",
    "Too short.",
  ].join("\n");
  expect(proseOf(markdown)).toEqual([
    "A paragraph of a few words that goes on in the next line.",
    "The first point of a list, long enough to count.",
    "The second point of a list, long enough to count.",
  ]);
});

test("the dependencies' documentation has as many distinct passages as the suite needs, the same each time", () => {
  const passages = documentationPassages(256);
  expect(new Set(passages).size).toBe(256);
  expect(documentationPassages(256)).toEqual(passages);
});

test("the error for too many passages says how many there are", () => {
  expect(() => documentationPassages(1e6)).toThrow(/Expected 1000000 passages .* got \d+\./);
});
