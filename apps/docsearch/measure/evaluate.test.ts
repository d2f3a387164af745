import { expect, test } from "vitest";
import { designQuestions } from "./design-questions.ts";
import { evaluate } from "./evaluate.ts";
import { questions } from "./questions.ts";
import { embeddedText } from "../src/chunk.ts";
import { DocumentSearch } from "../src/search.ts";

test("a hit is the right file among the first five; a missing file is named and counts as not found", () => {
  const names = ["a.md", "b.md", "c.md", "d.md", "e.md", "f.md"];
  const angles = [0, 0.1, 0.2, 0.3, 0.4, 0.5];
  const documents = names.map((name) => ({ name, path: name, text: name === "f.md" ? "zebra" : "horse" }));
  const passages = names.map((document) => ({ document, line: 1, headings: [], text: "", code: "" }));
  const vectors = new Map(passages.map((passage, index) => [embeddedText(passage), unit(angles[index] ?? 0)]));
  const search = new DocumentSearch(documents, passages, vectors);
  const asked = [
    { question: "zebra", document: "f.md" },
    { question: "nothing", document: "a.md" },
    { question: "nothing", document: "gone.md" },
  ];
  const evaluation = evaluate(search, asked, [unit(0.3), unit(0), unit(0)], new Set(names));
  expect(evaluation).toEqual({
    asked: 3,
    missing: ["gone.md"],
    scores: [
      { ranking: "keywords alone (BM25)", first: 1, firstFive: 1 },
      { ranking: "embeddings alone", first: 1, firstFive: 2 },
      { ranking: "both, which answers here", first: 1, firstFive: 2 },
    ],
  });
});

test("there are 30 different questions, about 30 files, and 36 others about others", () => {
  const all = [...questions, ...designQuestions];
  expect([questions.length, designQuestions.length]).toEqual([30, 36]);
  expect(new Set(all.map(({ question }) => question)).size).toBe(66);
  expect(new Set(all.map(({ document }) => document)).size).toBe(66);
});

function unit(angle: number): Float32Array {
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}
