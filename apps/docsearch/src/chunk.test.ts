import { describe, expect, test } from "vitest";
import { chunkDocument, embeddedText, type Passage } from "./chunk.ts";

describe("Markdown", () => {
  test("a passage knows its line and the headings above it, and never crosses one", () => {
    const passages = chunk(
      "# Tool\n\nIt does one thing and does it well.\n\n## Use\n\nCall it whenever there is a need.\n\n# Other\n\nSomething else is said down here.\n",
    );
    expect(passages.map(({ line, headings, text }) => ({ line, headings, text }))).toEqual([
      { line: 3, headings: ["Tool"], text: "It does one thing and does it well." },
      { line: 7, headings: ["Tool", "Use"], text: "Call it whenever there is a need." },
      { line: 11, headings: ["Other"], text: "Something else is said down here." },
    ]);
  });

  test("code stays with the prose before it and is not embedded", () => {
    const [passage, ...others] = chunk(
      "# Tool\n\nThis is how the tool is called:\n\n```ts\n# not a heading\ncall();\n```\n",
    );
    expect(others).toEqual([]);
    expect(passage).toMatchObject({
      text: "This is how the tool is called:",
      code: "# not a heading\ncall();",
    });
    expect(embeddedText(passage!)).toBe("tool/README: Tool\nThis is how the tool is called:");
  });

  test("code alone is found by its place", () => {
    const [passage] = chunk("# Tool\n\n## Install\n\n```sh\nnpm install tool\n```\n");
    expect(passage).toMatchObject({ text: "", code: "npm install tool" });
    expect(embeddedText(passage!)).toBe("tool/README: Tool > Install");
  });

  test("prose after code starts a new passage", () => {
    const passages = chunk("First there are some words.\n\n```\ncode\n```\n\nThen there are some more words.\n");
    expect(passages.map(({ text }) => text)).toEqual([
      "First there are some words.",
      "Then there are some more words.",
    ]);
  });

  test("a long paragraph is split between sentences, and a long sentence between words", () => {
    const sentence = "This sentence has a moderate length and says very little. ";
    const passages = chunk(sentence.repeat(10) + "word ".repeat(100));
    expect(passages.every(({ text }) => text.length <= 450)).toBe(true);
    expect(passages[0]?.text).toBe(sentence.repeat(7).trim());
    expect(
      passages
        .map(({ text }) => text)
        .join(" ")
        .replaceAll(/\s+/g, " "),
    ).toBe((sentence.repeat(10) + "word ".repeat(100)).trim());
  });

  test("a long word is cut between characters, not within one", () => {
    const passages = chunk("a" + "𝒜".repeat(300));
    expect(passages.map(({ text }) => text).join("")).toBe("a" + "𝒜".repeat(300));
    expect(passages.every(({ text }) => text.isWellFormed())).toBe(true);
  });

  test("front matter gives the title and nothing else, and lines still count from the top", () => {
    const [passage] = chunk('---\ntitle: "Caching"\ntags: [a, b]\n---\n\nResults are kept between the runs.\n');
    expect(passage).toMatchObject({
      headings: ["Caching"],
      line: 6,
      text: "Results are kept between the runs.",
    });
  });

  test("HTML counts as its text, with the Markdown in it", () => {
    const [passage] = chunk(
      '<p align="center"><b>Fast</b> and **small** &amp; `simple`, as it should be.<!-- no --></p>\n',
    );
    expect(passage?.text).toBe("Fast and small & simple, as it should be.");
  });

  test("what HTML escapes is decoded, and can be no control character", () => {
    const [passage] = chunk("It is a caf&eacute; &#8212; with &#27;[31m &amp;amp; no escape codes &copy in it.\n");
    expect(passage?.text).toBe("It is a café — with [31m &amp; no escape codes &copy in it.");
  });

  test("badges, tables of contents and link addresses are not text", () => {
    const [passage, ...others] = chunk(
      "![build](https://a/b.svg)\n\n- [Install](#install)\n- [Use](#use)\n\nSee [the guide](https://a/guide) for everything else.\n",
    );
    expect(others).toEqual([]);
    expect(passage?.text).toBe("See the guide for everything else.");
  });

  test("a list keeps one item a line, nested ones too, and a table its rows", () => {
    const [list, table] = chunk(
      "- the first item of it\n  - one below the first\n- the second item\n\nNow follows a table of values.\n\n| a | b |\n|---|---|\n| 1 | `2` |\n",
    );
    expect(list?.text).toBe(
      "- the first item of it\n  - one below the first\n- the second item Now follows a table of values.",
    );
    expect(table).toBeUndefined();
    expect(list?.code).toBe("a | b\n1 | 2");
  });

  test("module statements of MDX are not prose", () => {
    const passages = chunk('import { Tabs } from "./tabs"\n\nWhat a reader is meant to read.\n', "tool/docs/a.mdx");
    expect(passages.map(({ text }) => text)).toEqual(["What a reader is meant to read."]);
  });

  test("what has only headings, or only a table or code, is read as plain text", () => {
    const [headings] = chunk("# Volcanoes of Iceland\n\n## Hekla\n\n## Katla\n");
    expect(headings).toMatchObject({ headings: [], text: "# Volcanoes of Iceland ## Hekla ## Katla", line: 1 });
    const [table] = chunk("| volcano | height |\n|---|---|\n| Hekla | 1491 metres |\n");
    expect(table).toMatchObject({ text: "| volcano | height | |---|---| | Hekla | 1491 metres |", code: "" });
  });

  test("Markdown that is nested too deep to be parsed is read as plain text", () => {
    const passages = chunk(`A text that anybody can read.\n\n${"> ".repeat(5000)}deep\n`);
    expect(passages.map(({ text }) => text).join(" ")).toContain("A text that anybody can read.");
  });

  test("meaningless text gives no passage", () => {
    expect(chunk("")).toEqual([]);
    expect(chunk("# Title\n\nMIT\n\n---\n")).toEqual([]);
  });
});

test("plain text is split at empty lines and not read as Markdown", () => {
  const passages = chunkDocument({
    name: "notes.txt",
    text: "# we met on a Tuesday\nand decided a lot\n\nNothing was decided on Friday, however often it was asked.\n",
  });
  expect(passages.map(({ line, headings, text }) => ({ line, headings, text }))).toEqual([
    {
      line: 1,
      headings: [],
      text: "# we met on a Tuesday and decided a lot Nothing was decided on Friday, however often it was asked.",
    },
  ]);
});

test("plain text has titles that are underlined, or in capitals above indented lines", () => {
  const man =
    "NAME\n       tac - concatenate files and print them in reverse\n\nEXIT STATUS\n       Zero, unless there was trouble of any kind.\n";
  const info =
    "4.2 Sizes\n*********\n\nThe size of a file is how many bytes it has.\n\nNOT A TITLE BUT A SENTENCE IN CAPITALS.\n";
  const read = (text: string) =>
    chunkDocument({ name: "a.txt", text }).map(({ headings, line, text: own }) => [headings, line, own]);
  expect(read(man)).toEqual([
    [["NAME"], 1, "tac - concatenate files and print them in reverse"],
    [["EXIT STATUS"], 4, "Zero, unless there was trouble of any kind."],
  ]);
  expect(read(info)).toEqual([
    [["4.2 Sizes"], 4, "The size of a file is how many bytes it has. NOT A TITLE BUT A SENTENCE IN CAPITALS."],
  ]);
});

function chunk(text: string, name = "tool/README.md"): Passage[] {
  return chunkDocument({ name, text });
}
