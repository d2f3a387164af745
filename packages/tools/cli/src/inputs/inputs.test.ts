import path from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { collected } from "../testing/collected.ts";
import { temporaryFolder } from "../testing/workbench.ts";
import { openCsv } from "./csv-records.ts";
import { type Item, itemsOf, type Selection } from "./items.ts";
import { linesOf, textOf } from "./lines.ts";
import { type InputChoice, openInput } from "./open-input.ts";

async function read(
  name: string,
  content: string | Uint8Array,
  { kind = "embeddings", ...selection }: Partial<Selection> & { readonly kind?: string } = {},
  choice: Partial<InputChoice> = {},
): Promise<Item[]> {
  const folder = await temporaryFolder({ [name]: content });
  const source = await openInput({
    input: path.join(folder, name),
    format: undefined,
    wanted: undefined,
    stdin: Readable.from([]),
    ...choice,
  });
  const target = { kind, inputs: undefined, options: {} };
  const all: Selection = { target, field: undefined, keep: [], limit: Infinity, ...selection };
  return collected((await itemsOf(source, all)).items);
}

/** The inputs, and the messages of those that are none. */
function shown(items: readonly Item[]): unknown[] {
  return items.map(({ content }) => ("input" in content ? content.input : content.error.message));
}

describe("lines", () => {
  test("any text in any pieces comes back line by line, with the bytes up to each", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll(/[\n\r\uFEFF]/g, "")),
          {
            maxLength: 6,
          },
        ),
        fc.array(fc.integer({ min: 1, max: 7 })),
        async (texts, sizes) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
          const lines = await collected(linesOf(pieces(bytes, sizes)));
          expect(lines.map(textOf)).toEqual(texts);
          expect(lines.at(-1)?.end ?? 0).toBe(bytes.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  // Seen in use, 2026-11-30: a text of an old Mac was one prompt of the whole file.
  test.each(["\r", "\n", "\r\n"])("lines that end with %j, of texts and of JSON", async (newline) => {
    const textOfLines = (lines: readonly string[]): string => lines.map((line) => `${line}${newline}`).join("");
    const long = "x".repeat(70_000);
    expect(shown(await read("in.txt", textOfLines(["a", "", "b"])))).toEqual(["a", "", "b"]);
    expect(shown(await read("in.txt", textOfLines([long, "b"])))).toEqual([long, "b"]);
    expect(shown(await read("in.jsonl", textOfLines(['"a"', "", '"b"'])))).toEqual(["a", "b"]);
    expect(shown(await read("in.json", textOfLines(['"a"', '"b"'])))).toEqual(["a", "b"]);
  });

  test("a carriage return within a line of a file with line feeds is text", async () => {
    expect(shown(await read("in.txt", "50%\r100%\nb\n"))).toEqual(["50%\r100%", "b"]);
  });

  test("a last line without a newline is a line, and known as one that may be cut short", async () => {
    const lines = await collected(linesOf(Readable.from([Buffer.from("a\nb")])));
    expect(lines.map(({ isWhole, end }) => [isWhole, end])).toEqual([
      [true, 2],
      [false, 3],
    ]);
  });
});

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const to = from + (sizes[turn % (sizes.length || 1)] ?? 5);
    yield bytes.subarray(from, to);
    from = to;
  }
}

describe("JSONL", () => {
  test("texts, records by their field, blank lines, Windows line ends, a byte order mark", async () => {
    const items = await read("in.jsonl", '\uFEFF"a"\r\n{"text":"b","id":7}\n\n  \n"c\u2028d"', {
      field: "text",
      keep: ["id"],
    });
    expect(shown(items)).toEqual(["a", "b", "c\u2028d"]);
    expect(items.map(({ index, kept }) => [index, kept])).toEqual([
      [0, {}],
      [1, { id: 7 }],
      [2, {}],
    ]);
  });

  test("a record that is not an input fails by itself, by its line, and is never quoted (P35)", async () => {
    const content = '{"secret\n{"other":"secret"}\n{"text":["secret"]}\n"ok"\n';
    const bytes = Buffer.concat([Buffer.from(content), Buffer.from([0x22, 0xff, 0x22, 0x0a])]);
    const items = await read("in.jsonl", bytes, { field: "text" });
    expect(shown(items)).toEqual([
      "Expected line 1 to be a JSON value of its own, got another text.",
      "Expected line 2 to have a text in the field text, got nothing.",
      "Expected line 3 to have a text in the field text, got a list.",
      "ok",
      expect.stringMatching(/^Expected line 5 to be in the file's encoding.*--encoding/),
    ]);
  });

  test("a record without --field says what to do", async () => {
    expect(shown(await read("in.jsonl", '{"text":"a"}\n'))).toEqual([
      "Expected line 1 to be a text, got an object. Name its field with --field, or several in --prompt.",
    ]);
  });

  test("rerank takes a query and documents, and no other field", async () => {
    const content = '{"query":"q","documents":["a"],"id":1}\n{"query":"q","documents":[1]}\n';
    expect(shown(await read("in.jsonl", content, { kind: "rerank", keep: ["id"] }))).toEqual([
      { query: "q", documents: ["a"] },
      "Expected line 2 to be an object with a text `query` and a list of texts `documents`, got an object.",
    ]);
  });

  test("an adapter of another kind takes any value", async () => {
    expect(shown(await read("in.jsonl", '{"url":"x"}\n3\n', { kind: "fetch" }))).toEqual([{ url: "x" }, 3]);
  });

  test("--limit takes the first ones", async () => {
    expect(shown(await read("in.jsonl", '"a"\nx\n"c"\n', { limit: 2 }))).toHaveLength(2);
    expect(await read("in.jsonl", '"a"\n', { limit: 0 })).toEqual([]);
  });
});

describe("text", () => {
  test("each line is an input, also an empty one", async () => {
    expect(shown(await read("in.txt", "a\n\nb\n"))).toEqual(["a", "", "b"]);
  });

  test("has one field, the text, and cannot hold documents", async () => {
    const [item] = await read("in.txt", "a\n", { field: "text", keep: ["text"] });
    expect(item).toMatchObject({ content: { input: "a" }, kept: { text: "a" } });
    await expect(read("in.txt", "a\n", { keep: ["id"] })).rejects.toThrow(
      "Expected a column id in the input, got: text.",
    );
    await expect(read("in.csv", "query,documents\n", { kind: "rerank" })).rejects.toThrow(
      /^Expected JSONL, Parquet or Arrow .* got csv/,
    );
  });
});

describe("CSV", () => {
  test("columns by name, quotes, newlines within a value, a byte order mark", async () => {
    const items = await read("in.csv", '\uFEFFid,text\n1,"a, ""b""\nc"\n2,d\n', { field: "text", keep: ["id"] });
    expect(shown(items)).toEqual(['a, "b"\nc', "d"]);
    expect(items.map(({ kept }) => kept)).toEqual([{ id: "1" }, { id: "2" }]);
  });

  test("a record longer than any usual bound is read", async () => {
    const long = "x".repeat(300_000);
    expect(shown(await read("in.csv", `text\n${long}\n`))).toEqual([long]);
  });

  test("a row of another length fails by itself", async () => {
    expect(shown(await read("in.csv", "id,text\n1\n2,b\n", { field: "text" }))).toEqual([
      "Expected line 2 to have 2 values, one for each column, got 1.",
      "b",
    ]);
  });

  test("a stray quote is plain text; one that never ends is an error of the file, which is not quoted", async () => {
    expect(shown(await read("in.csv", 'id,text\n1,a"b\n2,c\n', { field: "text" }))).toEqual(['a"b', "c"]);
    await expect(read("in.csv", 'id,text\n1,a\n2,"secret\n', { field: "text" })).rejects.toThrow(
      /^Expected rows of CSV, got other text after line 2 \(CSV_QUOTE_NOT_CLOSED\)(?!.*secret)/,
    );
  });

  // wireservice/csvkit#382: a quote that never ends, in a file of gigabytes.
  test("a row of more than 32 MiB is an error that says after which line, and no more is read", async () => {
    let read = 0;
    const chunks = (async function* (): AsyncGenerator<Buffer, void> {
      yield Buffer.from('id,text\n1,a\n2,"b\n');
      for (; read < 1000; read++) yield Buffer.alloc(1024 * 1024, "secret\n");
    })();
    const form = { delimiter: undefined, quote: '"', escape: undefined, header: true };
    const { records } = await openCsv(chunks, form, undefined);
    await expect(collected(records)).rejects.toThrow(
      /^Expected rows of CSV, got other text after line 2 \(CSV_MAX_RECORD_SIZE\)(?!.*secret)/,
    );
    expect(read).toBeLessThan(50);
  }, 60_000);

  test("a column that is missing, or not named, is an error before any row is read", async () => {
    await expect(read("in.csv", "id,text\n", { field: "body" })).rejects.toThrow(
      "Expected a column body in the input, got: id, text.",
    );
    await expect(read("in.csv", "id,text\n")).rejects.toThrow(
      "Expected --field or --prompt to name the input's column, got none. Its columns: id, text.",
    );
    expect(shown(await read("in.csv", "text\na\n"))).toEqual(["a"]);
  });
});

describe("P54 bytes stay as they are, or the file is refused", () => {
  const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, "utf16le");

  test.each([
    ["in.jsonl", '{"text":"a"}\n'],
    ["in.txt", "a\nb\n"],
    ["in.csv", "text\na\n"],
  ])("%s in UTF-16, of either order, is read by its mark or its name, and refused without", async (name, text) => {
    const selection = name === "in.jsonl" ? { field: "text" } : {};
    const unmarked = Buffer.from(text, "utf16le");
    for (const bytes of [utf16(text), utf16(text).swap16()]) {
      expect(shown(await read(name, bytes, selection))[0]).toBe("a");
    }
    for (const [encoding, bytes] of [
      ["utf-16le", unmarked],
      ["utf-16be", Buffer.from(unmarked).swap16()],
    ] as const) {
      expect(shown(await read(name, bytes, selection, { encoding }))[0]).toBe("a");
      await expect(read(name, bytes, selection)).rejects.toThrow(
        /^Expected the input .* got UTF-16 without a mark.*--encoding/,
      );
    }
  });

  test("a row of CSV in Latin-1 fails by itself, as a line does", async () => {
    const bytes = Buffer.concat([Buffer.from("id,text\n1,é\n2,"), Buffer.from("é", "latin1"), Buffer.from("\n3,ü\n")]);
    expect(shown(await read("in.csv", bytes, { field: "text" }))).toEqual([
      "é",
      expect.stringMatching(/^Expected line 3 to be in the file's encoding.*--encoding/),
      "ü",
    ]);
    await expect(read("in.csv", Buffer.from("é\na\n", "latin1"))).rejects.toThrow(
      /^Expected line 1 to be in the file's encoding/,
    );
  });

  test("ids of 64 bits, and other numbers that JavaScript does not hold, are kept as they are written", async () => {
    const numbers = ["9007199254740993", "-12345678901234567890", "0.12345678901234567890", "1e400", "7", "1.50"];
    const content = numbers.map((id) => `{"text":"a","id":${id},"more":{"of":[${id}]}}\n`).join("");
    const items = await read("in.jsonl", content, { field: "text", keep: ["id", "more"] });
    expect(items.map(({ kept }) => JSON.stringify(kept))).toEqual(
      numbers.map((id) => `{"id":${id},"more":{"of":[${id}]}}`),
    );
    expect(shown(items)).toEqual(numbers.map(() => "a"));
  });

  test.each([
    ["line feeds", "id,text\n1,a\n2,b\n"],
    ["Windows line ends", "id,text\r\n1,a\r\n2,b\r\n"],
    ["both, the first of one kind", "id,text\n1,a\r\n2,b\n"],
    ["both, the first of the other", "id,text\r\n1,a\n2,b\r\n"],
    ["carriage returns alone", "id,text\r1,a\r2,b\r"],
    ["a byte order mark before a quote", '\uFEFF"id","text"\n1,a\n2,b\n'],
  ])("CSV with %s", async (_, content) => {
    const items = await read("in.csv", content, { field: "text", keep: ["id"] });
    expect(items.map(({ content: of, kept }) => [of, kept])).toEqual([
      [{ input: "a" }, { id: "1" }],
      [{ input: "b" }, { id: "2" }],
    ]);
  });

  test("a carriage return within a value, and any character, in pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", maxLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        async (text, size) => {
          const content = Buffer.from(`id,text\n1,"${text.replaceAll('"', '""')}"\n`);
          const stdin = Readable.from(pieces(content, [size]));
          const items = await read("x", "", { field: "text" }, { input: "-", format: "csv", stdin });
          expect(shown(items)).toEqual([text]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("JSON", () => {
  // Seen in use, 2026-11-30: an input that does not exist failed, and the exit code was 1.
  test("a comma after the last value of an array is no value", async () => {
    expect(shown(await read("in.json", '["a", "b",\n]\n'))).toEqual(["a", "b"]);
    expect(shown(await read("in.json", '["a",,"b"]'))).toEqual(["a", expect.stringContaining("value 2"), "b"]);
  });

  test("an array is read a value at a time, also one without end", async () => {
    let sent = 0;
    const endless = Readable.from(
      (function* values() {
        yield Buffer.from("[");
        for (;;) yield Buffer.from(`"text ${sent++}",`);
      })(),
    );
    const choice = { input: "-", format: "json", stdin: endless } as const;
    expect(shown(await read("x", "", { limit: 3 }, choice))).toEqual(["text 0", "text 1", "text 2"]);
    expect(sent).toBeLessThan(100);
  });

  test("any values in pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 4 }),
        fc.integer({ min: 1, max: 7 }),
        async (values, size) => {
          const stdin = Readable.from(pieces(Buffer.from(JSON.stringify(values, undefined, 1)), [size]));
          const items = await read("x", "", { kind: "any" }, { input: "-", format: "json", stdin });
          expect(shown(items)).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("Parquet", () => {
  test("rows of every group, with the requested columns", async () => {
    const file = parquetWriteBuffer({
      columnData: [
        { name: "text", data: ["a", "b", "c"], type: "STRING" },
        { name: "id", data: [1n, 2n, 3n], type: "INT64" },
        { name: "other", data: [1, 2, 3], type: "INT32" },
      ],
      rowGroupSize: 2,
    });
    const selection = { field: "text", keep: ["id"] };
    const items = await read("in.parquet", new Uint8Array(file), selection, { wanted: ["text", "id"] });
    expect(shown(items)).toEqual(["a", "b", "c"]);
    expect(items.map(({ kept, end }) => [kept, end])).toEqual([
      [{ id: 1 }, 1],
      [{ id: 2 }, 2],
      [{ id: 3 }, 3],
    ]);
  });

  // hyparam/hyparquet#20: one large row group, as pyarrow and DuckDB write it when asked, without an index of its pages.
  test.each([true, false])("one row group of many pages, with an index of them: %s", async (offsetIndex) => {
    const rows = Array.from({ length: 25_000 }, (_, at) => at);
    const content = parquetWriteBuffer({
      columnData: [
        { name: "text", data: rows.map((at) => `text ${at}`), type: "STRING", offsetIndex },
        { name: "id", data: rows.map(BigInt), type: "INT64", offsetIndex },
        { name: "kind", data: rows.map((at) => (at % 3 === 0 ? null : `kind ${at % 7}`)), type: "STRING", offsetIndex },
        { name: "list", data: rows.map((at) => [at, at + 1]), offsetIndex },
      ],
      rowGroupSize: rows.length,
      pageSize: 4096,
    });
    for (const keep of [
      ["id", "kind"],
      ["id", "list"],
    ]) {
      const choice = { wanted: ["text", ...keep] };
      const items = await read("in.parquet", new Uint8Array(content), { field: "text", keep }, choice);
      expect(shown(items)).toEqual(rows.map((at) => `text ${at}`));
      expect(items.map(({ kept }) => kept["id"])).toEqual(rows);
      const others: Record<string, (at: number) => unknown> = {
        kind: (at: number) => (at % 3 === 0 ? null : `kind ${at % 7}`),
        list: (at: number) => [at, at + 1],
      };
      const other = keep[1] ?? "";
      expect(items.map(({ kept }) => kept[other])).toEqual(rows.map((at) => others[other]?.(at)));
      const few = await read(
        "in.parquet",
        new Uint8Array(content),
        { field: "text", limit: 3 },
        { ...choice, limit: 3 },
      );
      expect(shown(few)).toEqual(["text 0", "text 1", "text 2"]);
    }
  });

  test("a file that is not Parquet", async () => {
    await expect(read("in.parquet", "text")).rejects.toThrow("Expected a whole Parquet file, got another.");
  });
});

describe("the file", () => {
  test("standard input, as JSONL or in the format of --format", async () => {
    const stdin = (text: string): Partial<InputChoice> => ({ input: "-", stdin: Readable.from([Buffer.from(text)]) });
    expect(shown(await read("x", "", {}, stdin('"a"\n')))).toEqual(["a"]);
    expect(shown(await read("x", "", {}, { ...stdin("text\na\n"), format: "csv" }))).toEqual(["a"]);
    await expect(read("x", "", {}, { ...stdin(""), format: "parquet" })).rejects.toThrow(
      /^Expected a file for parquet/,
    );
  });

  test("no file, a folder, an unknown extension", async () => {
    await expect(read("in.jsonl", "", {}, { input: "/nowhere/in.jsonl" })).rejects.toThrow(
      "Expected the input /nowhere/in.jsonl to be readable, got no such file or folder.",
    );
    await expect(read("in.jsonl", "", {}, { input: "/", format: "text" })).rejects.toThrow(/got a folder\.$/);
    await expect(read("in.xml", "")).rejects.toThrow(
      /Give --format jsonl, json, text, csv, tsv, parquet, arrow; save a workbook as CSV/,
    );
    expect(shown(await read("in.xml", '"a"', {}, { format: "jsonl" }))).toEqual(["a"]);
  });
});
