import { InputError, ResultError } from "@batchwise/core";
import { expect, test } from "vitest";
import { requireRerankInput, rerankTokens, scoresIn } from "./rerank.ts";

test.for<[string, unknown, string]>([
  ["a blank query", { query: " ", documents: [] }, "a query that is not blank"],
  ["a query that is not a text", { query: 5, documents: [] }, "a query that is not blank, got a number"],
  ["no documents", { query: "q" }, "a query with an array of documents, got undefined"],
  ["a document that is not a text", { query: "q", documents: ["a", null] }, "document 1 to be a string, got null"],
  ["nothing", undefined, "a query that is not blank"],
])("%s is an InputError", ([, input, message]) => {
  expect(() => requireRerankInput(input)).toThrow(InputError);
  expect(() => requireRerankInput(input)).toThrow(message);
});

test("a query and texts may be sent, blank texts and none among them", () => {
  expect(() => requireRerankInput({ query: "q", documents: ["", "a"] })).not.toThrow();
  expect(() => requireRerankInput({ query: "q", documents: [] })).not.toThrow();
});

test("the query is read with each document, and a document as far as the provider reads it", () => {
  const input = { query: "zwölf", documents: ["ab", "a longer one"] };
  expect(rerankTokens(input)).toBe(6 + 2 + 6 + 12);
  expect(rerankTokens(input, 5)).toBe(6 + 2 + 6 + 5);
  expect([undefined, "text", { query: "q" }, { documents: [1] }].map((each) => rerankTokens(each))).toEqual([
    0, 0, 0, 0,
  ]);
});

test("scores are placed by index, best first, equal ones in the order of the documents", () => {
  const rows = [
    { index: 2, relevance_score: 0.5 },
    { index: 0, relevanceScore: 0.5 },
    { index: 1, score: 0.9 },
  ];
  const best = [
    { index: 1, score: 0.9 },
    { index: 0, score: 0.5 },
    { index: 2, score: 0.5 },
  ];
  expect(scoresIn(rows, 3)).toEqual(best);
  // Reported of gateways: numbers as texts
  expect(scoresIn([{ index: "2", relevance_score: "0.5" }, ...rows.slice(1)], 3)).toEqual(best);
  expect(scoresIn(rows.slice(0, 1), 3, 1)).toEqual([{ index: 2, score: 0.5 }]);
  expect(scoresIn([], 0)).toEqual([]);
});

// mudler/LocalAI#6700, michaelfeil/infinity#404
test("P52 of a server that gives the scores of all documents, whatever it is asked for, the best are taken", () => {
  const rows = [row(0, 0.1), row(1, 0.9), row(2, 0.5)];
  expect(scoresIn(rows, 3, 2)).toEqual([
    { index: 1, score: 0.9 },
    { index: 2, score: 0.5 },
  ]);
  // More than were asked for and fewer than all may leave the best out.
  for (const some of [[], rows.slice(1, 2)])
    expect(() => scoresIn(some, 3, 2)).toThrow(/^Expected 2 scores .*, got \d\. Which documents are the best/);
  expect(() => scoresIn([...rows, row(3, 1)], 5, 2)).toThrow("Expected 2 scores in the answer, got 4.");
  expect(() => scoresIn([row(0, 1), row(0, 1), row(1, 1)], 3, 2)).toThrow("two for document 0");
  expect(() => scoresIn([row(0, 1), row(1, null), row(2, 1)], 3, 2)).toThrow(
    "Expected a finite number as a score in the answer, got something else for document 1. " +
      "Which documents are the best can't be told, so none is used.",
  );
});

const row = (index: unknown, score: unknown): object => ({ index, relevance_score: score });

test.for<[string, unknown, string]>([
  ["one short", [row(0, 1)], "2 scores in the answer"],
  ["one too many", [row(0, 1), row(1, 1), row(1, 1)], "2 scores in the answer"],
  ["what is not a list", { results: [] }, "2 scores in the answer, got an object"],
  ["an index twice", [row(0, 1), row(0, 1)], "one score for a document in the answer, got two for document 0"],
  ["an index out of range", [row(0, 1), row(2, 1)], "an index from 0 to 1"],
  ["an index that is none", [row(0, 1), row(0.5, 1)], "an index from 0 to 1"],
  ["an index that is no number", [row(0, 1), row("", 1)], "an index from 0 to 1"],
  ["an index that is a word", [row(0, 1), row("b", 1)], "an index from 0 to 1"],
  ["a score that is a word", [row(0, 1), row(1, "high")], "a finite number"],
  ["a row that is none", [row(0, 1), null], "an index from 0 to 1"],
  ["a score that is none", [row(0, 1), row(1, null)], "a finite number"],
])("P6 L13 scores with %s are a ResultError", ([, rows, message]) => {
  expect(() => scoresIn(rows, 2)).toThrow(ResultError);
  expect(() => scoresIn(rows, 2)).toThrow(message);
});
