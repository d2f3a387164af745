import { describe, expect, test } from "vitest";
import { embeddedText, type Passage } from "./chunk.ts";
import { combined, DocumentSearch, scaled } from "./search.ts";

describe("scores", () => {
  test("are scaled from the lowest, or from a given value, to 1", () => {
    expect(
      scaled([
        ["a", 2],
        ["b", 4],
        ["c", 3],
      ]),
    ).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 0.5],
    ]);
    expect(
      scaled(
        [
          ["a", 2],
          ["b", 4],
        ],
        0,
      ),
    ).toEqual([
      ["a", 0.5],
      ["b", 1],
    ]);
  });

  test("are scaled though they are of very many documents", () => {
    const many = Array.from({ length: 300_000 }, (_, index): [string, number] => ["a", index]);
    expect(scaled(many).at(-1)).toEqual(["a", 1]);
  });

  test("that are all alike, or none, become 0", () => {
    expect(
      scaled([
        ["a", 2],
        ["b", 2],
      ]),
    ).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect(scaled([])).toEqual([]);
  });

  test("of meaning and words are combined, the meaning counting more, and missing ones 0", () => {
    const total = combined(
      [
        ["a", 4],
        ["b", 3],
        ["c", 2],
      ],
      [["b", 7]],
      0.8,
    );
    expect(total).toEqual([
      ["a", expect.closeTo(0.8)],
      ["b", expect.closeTo(0.6)],
      ["c", 0],
    ]);
  });
});

describe("search", () => {
  const passages = [
    passage("words.md", "Parrots repeat what they hear."),
    passage("words.md", "Ravens solve puzzles."),
    passage("meaning.md", "Corvids are clever birds."),
    passage("neither.md", "Tax forms are due in May."),
  ];
  const given = ["words.md", "meaning.md", "neither.md"].map((name) => ({
    name,
    path: `/docs/${name}`,
    text: passages
      .filter(({ document }) => document === name)
      .map(({ text }) => text)
      .join("\n"),
  }));
  const search = new DocumentSearch(given, passages, vectorsOf(passages, [0, 0.9, 0, Math.PI / 2]));
  const documents = (...of: Parameters<DocumentSearch["search"]>): string[] =>
    search.search(...of).map((hit) => hit.passage.document);

  test("without a vector, and by keywords, finds documents that use them, and no other", () => {
    expect(documents("which ravens solve it?", undefined, 5)).toEqual(["words.md"]);
    expect(search.rank("which ravens solve it?", unit(0), 0)).toEqual([["words.md", 1]]);
  });

  test("by embeddings finds the nearest passage's document first", () => {
    const ranked = search.rank("anything", unit(Math.PI / 2), 1);
    expect(ranked.map(([name]) => name)).toEqual(["neither.md", "words.md", "meaning.md"]);
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
    const two = texts.map(({ name }) => passage(name, "a"));
    const first = (model?: string) =>
      new DocumentSearch(texts, two, vectorsOf(two, [0, 1]), model).rank("zebra", unit(0)).map(([name]) => name)[0];
    expect([first(), first("universal-sentence-encoder-lite")]).toEqual(["near.md", "named.md"]);
  });

  test("of documents with an equally near passage, one with a second near one is first", () => {
    const near = [passage("one.md", "a"), passage("one.md", "b"), passage("two.md", "c"), passage("two.md", "d")];
    const texts = ["one.md", "two.md"].map((name) => ({ name, path: name, text: "" }));
    const found = new DocumentSearch(texts, near, vectorsOf(near, [0, 1.5, 0, 0.5]));
    expect(found.rank("anything", unit(0)).map(([name]) => name)).toEqual(["two.md", "one.md"]);
  });

  test("shows the passage that fits best, not the document's first", () => {
    expect(search.search("ravens puzzles", unit(0.9), 1)).toMatchObject([
      { path: "/docs/words.md", passage: { text: "Ravens solve puzzles." } },
    ]);
  });

  test("of a page that is pasted as a question the first 200 words are looked up", () => {
    expect(documents(`${"ravens ".repeat(50_000)} corvids`, undefined, 5)).toEqual(["words.md"]);
  });

  test("ignores stop words", () => {
    expect(documents("what are they in", undefined, 5)).toEqual([]);
  });

  test("passages without a vector are left out, and vectors of any length compare by their angle", () => {
    const two = [passage("one.md", "a"), passage("two.md", "b")];
    const texts = ["one.md", "two.md"].map((name) => ({ name, path: name, text: "same" }));
    const one = new DocumentSearch(texts, two, vectorsOf(two, [0]));
    expect(one.search("same", unit(0), 5).map(({ path }) => path)).toEqual(["one.md"]);
    const long = new Map(
      [...vectorsOf(two, [0.2, 0.1])].map(([text, [x = 0, y = 0]], index) => {
        return [text, Float32Array.of(x * (9 - 8 * index), y * (9 - 8 * index))] as const;
      }),
    );
    expect(new DocumentSearch(texts, two, long).search("other", unit(0), 1)[0]?.path).toBe("two.md");
  });
});

function passage(document: string, text: string): Passage {
  return { document, line: 1, headings: [], text, code: "" };
}

function unit(angle: number): Float32Array {
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}

/** Vectors of the first passages, one for each angle. */
function vectorsOf(passages: readonly Passage[], angles: readonly number[]): Map<string, Float32Array> {
  return new Map(angles.map((angle, index) => [embeddedText(passages[index]!), unit(angle)]));
}
