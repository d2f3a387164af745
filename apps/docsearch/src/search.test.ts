import { describe, expect, test } from "vitest";
import type { Passage } from "./passage.ts";
import { combined, DocumentSearch, scaled } from "./search.ts";

describe("scores", () => {
  test("are scaled from the lowest, or from a given value, to 1", () => {
    expect([
      ...scaled(
        new Map([
          ["a", 2],
          ["b", 4],
          ["c", 3],
        ]),
      ),
    ]).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 0.5],
    ]);
    expect([
      ...scaled(
        new Map([
          ["a", 2],
          ["b", 4],
        ]),
        0,
      ),
    ]).toEqual([
      ["a", 0.5],
      ["b", 1],
    ]);
  });

  test("that are all alike, or none, become 0", () => {
    expect([
      ...scaled(
        new Map([
          ["a", 2],
          ["b", 2],
        ]),
      ),
    ]).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect([...scaled(new Map())]).toEqual([]);
  });

  test("of meaning and words are combined, the meaning counting more, and missing ones 0", () => {
    const total = combined(
      new Map([
        ["a", 1],
        ["b", 0.5],
      ]),
      new Map([["b", 1]]),
      0.8,
    );
    expect(total.get("a")).toBeCloseTo(0.8);
    expect(total.get("b")).toBeCloseTo(0.6);
  });
});

describe("search", () => {
  const passages = [
    passage("words.md", "Parrots repeat what they hear."),
    passage("words.md", "Ravens solve puzzles."),
    passage("meaning.md", "Corvids are clever birds."),
    passage("neither.md", "Tax forms are due in May."),
  ];
  const search = new DocumentSearch({
    documents: ["words.md", "meaning.md", "neither.md"].map((name) => ({
      name,
      path: `/docs/${name}`,
      text: passages
        .filter(({ document }) => document === name)
        .map(({ text }) => text)
        .join("\n"),
    })),
    passages,
    vectors: [unit(0), unit(0.9), unit(0), unit(Math.PI / 2)],
  });
  const documents = (...of: Parameters<DocumentSearch["search"]>): string[] =>
    search.search(...of).map((hit) => hit.passage.document);

  test("by keywords finds documents that use them, and no other", () => {
    expect(documents("which ravens solve it?", unit(Math.PI / 2), 5, "keywords")).toEqual(["words.md"]);
  });

  test("by embeddings finds the nearest passage's document first", () => {
    expect(documents("anything", unit(Math.PI / 2), 2, "embeddings")).toEqual(["neither.md", "words.md"]);
  });

  test("by both, either finds a document, the meaning first, and each document is returned once", () => {
    expect(documents("ravens", unit(Math.PI / 2), 5)).toEqual(["neither.md", "words.md", "meaning.md"]);
  });

  test("the words count more for a model that says so", () => {
    const texts = ["near.md", "named.md"].map((name) => ({
      name,
      path: name,
      text: name === "named.md" ? "zebra" : "",
    }));
    const given = {
      documents: texts,
      passages: texts.map(({ name }) => passage(name, "a")),
      vectors: [unit(0), unit(1)],
    };
    const first = (meaning?: number) =>
      new DocumentSearch({ ...given, meaning }).rank("zebra", unit(0), "both").map(([name]) => name)[0];
    expect([first(), first(0.4)]).toEqual(["near.md", "named.md"]);
  });

  test("of documents with an equally near passage, one with a second near one is first", () => {
    const near = [passage("one.md", "a"), passage("one.md", "b"), passage("two.md", "c"), passage("two.md", "d")];
    const texts = ["one.md", "two.md"].map((name) => ({ name, path: name, text: "" }));
    const found = new DocumentSearch({ documents: texts, passages: near, vectors: [0, 1.5, 0, 0.5].map(unit) });
    expect(found.rank("anything", unit(0), "both").map(([name]) => name)).toEqual(["two.md", "one.md"]);
  });

  test("shows the passage that fits best, not the document's first", () => {
    expect(search.search("ravens puzzles", unit(0.9), 1)).toMatchObject([
      { path: "/docs/words.md", passage: { text: "Ravens solve puzzles." } },
    ]);
  });

  test("ignores stop words", () => {
    expect(documents("what are they in", unit(0), 5, "keywords")).toEqual([]);
  });

  test("refuses passages without vectors", () => {
    expect(() => new DocumentSearch({ documents: [], passages, vectors: [] })).toThrow(/4 vectors, got 0/);
  });
});

function passage(document: string, text: string): Passage {
  return { document, line: 1, headings: [], text, code: "" };
}

function unit(angle: number): Float32Array {
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}
