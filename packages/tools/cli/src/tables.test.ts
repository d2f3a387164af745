import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test, vi } from "vitest";
import { readFile } from "node:fs/promises";
import { echo, echoFolder, echoIn } from "./testing/echo.ts";
import { rowsOf } from "./testing/workbench.ts";

// A safeguard, not a measure, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

/** Text of Windows-1252, and of GBK: `你好`. */
const WINDOWS = Buffer.from("id,text\n1,caf\xe9 \x80 5\n", "latin1");
const CHINESE = Buffer.concat([Buffer.from("id,text\n1,"), Buffer.from([0xc4, 0xe3, 0xba, 0xc3]), Buffer.from("\n")]);
const TEXT = ["in.csv", "--field", "text"];

test.each<[source: string, content: string | Buffer, flags: string[], texts: unknown[]]>([
  // mholt/PapaParse#889: a table of a European Excel, with an empty line at its end.
  ["semicolons", "name;text\nBob;951\nAlice;1,5\n\n", ["--delimiter", ";"], ["951", "1,5"]],
  ["a tab as it is typed", "id\ttext\n1\ta\n", ["--delimiter", "\\t"], ["a"]],
  ["several characters", "id||text\n1||a|b\n", ["--delimiter", "||"], ["a|b"]],
  // mholt/PapaParse#951, PowerShell/PowerShell#7776: the first line of Excel is no row.
  [
    "sep=;",
    "sep=;\r\nid;text\r\n1;a,b\r\n2\r\n",
    [],
    ["a,b", "Expected line 4 to have 2 values, one for each column, got 1."],
  ],
  ["sep= and a tab, after a byte order mark", '\uFEFF"sep=\t"\nid\ttext\n1\ta\n', [], ["a"]],
  // tspence/csharp-csv-reader#28: what is asked for comes first.
  ["sep=; and another --delimiter", "sep=;\nid|text\n1|a\n", ["--delimiter", "|"], ["a"]],
  // Clever/csvlint#37, gavinr/github-csv-tools#85.
  ["a byte order mark before a quote", '\uFEFF"text","id"\n"a","1"\n', [], ["a"]],
  // duckdb/duckdb#11403, duckdb/duckdb#16760: newlines within quotes, the header's too.
  ["newlines within quotes", '"text","a\nb"\n"cell with\nnewline",2\n', [], ["cell with\nnewline"]],
  // wireservice/csvkit#927: a zero byte is a character of its value, and no sign of another encoding.
  ["a zero byte", "id,text\n1,a\0b\n", [], ["a\0b"]],
  ["a header alone", "id,text\n", [], []],
  // ClickHouse/ClickHouse#10624, NVIDIA/cudf#11984: Spark writes a backslash before a quote. Without --escape, the quote that
  // ends the first row's value began one that ended in the next row, and two rows were one.
  [
    "backslashes before quotes that are not asked for",
    'id,text\n1,"a TV of 55\\""\n2,"b"\n3,"c"\n4,"say \\"d\\""\n',
    [],
    [
      expect.stringMatching(/^Expected line 3 to have a delimiter .*--escape/),
      "c",
      expect.stringMatching(/^Expected line 5/),
    ],
  ],
  [
    "backslashes before quotes",
    'id,text\n1,"a TV of 55\\""\n2,"b"\n3,"C:\\dir, \\\\"\n4,"\\"d\\", e"\n',
    ["--escape", "\\"],
    ['a TV of 55"', "b", "C:\\dir, \\", '"d", e'],
  ],
  [
    "quotes of its own",
    'id,text\n1,"""a"" b"\n2,""""\n3,a "b" c\n4,"a\n""b"""\n',
    [],
    ['"a" b', '"', 'a "b" c', 'a\n"b"'],
  ],
  ["text after a closing quote", 'id,text\n1,"a" b\n2,c\n', [], [expect.stringMatching(/^Expected line 2/), "c"]],
  // wireservice/csvkit#382: a table whose quotes are text.
  ["quotes that are text", 'id\ttext\n1\t"a" b\n2\t"c\n', ["--delimiter", "\\t", "--quote", "none"], ['"a" b', '"c']],
  ["single quotes", "id,text\n1,'it''s, a'\n", ["--quote", "'"], ["it's, a"]],
  // duckdb/duckdb#6011.
  ["no header", "1,a\n2,b\n", ["--no-header", "--field", "2"], ["a", "b"]],
  ["no header and nothing else", "", ["--no-header", "--field", "2"], []],
])("CSV with %s", async (_, content, flags, texts) => {
  const { rows, ...said } = await echo({ "in.csv": content }, ...TEXT, ...flags);
  expect(said.texts, said.stderr).toEqual(texts);
  expect(rows.map(({ index }) => index)).toEqual(texts.map((__, at) => at));
});

test("CSV with a head in CRLF and rows in LF, or the other way round: 1,000 rows (duckdb/duckdb#15143, duckdb/duckdb#18577)", async () => {
  for (const [head, end] of [
    ["\r\n", "\n"],
    ["\n", "\r\n"],
  ] as const) {
    const rows = Array.from({ length: 1000 }, (_, at) => `${at},text ${at}${end}${at % 100 === 0 ? end : ""}`);
    const { code, texts } = await echo({ "in.csv": `id,text${head}${rows.join("")}` }, ...TEXT);
    expect([code, texts.length, texts[0], texts.at(-1)]).toEqual([0, 1000, "text 0", "text 999"]);
  }
});

test("a Parquet file of one row group, whole and by --limit (hyparam/hyparquet#20)", async () => {
  const data = Array.from({ length: 30_000 }, (_, at) => `text ${at}`);
  const content = parquetWriteBuffer({
    columnData: [{ name: "text", data, type: "STRING", offsetIndex: false }],
    rowGroupSize: data.length,
    pageSize: 4096,
  });
  const files = { "in.parquet": new Uint8Array(content) };
  expect((await echo(files, "in.parquet")).texts).toEqual(data);
  expect((await echo(files, "in.parquet", "--limit", "100")).texts).toEqual(data.slice(0, 100));
});

test("a .tsv file, and its format for standard input", async () => {
  const { texts } = await echo({ "in.tsv": "id\ttext\n1\ta,b\n" }, "in.tsv", "--field", "text");
  expect(texts).toEqual(["a,b"]);
});

test.each<[string, string, string[], RegExp]>([
  // duckdb/duckdb#15576: a guess of the delimiter reads other rows than there are; it is asked for.
  ["semicolons that are not asked for", "id;text\n1;a\n", [], /got more semicolons\. Give --delimiter ';'/],
  ["one column by commas and many by tabs", "id\ttext, b\tc\n", [], /got more tabs\. Give --delimiter '\\t'/],
  ["no rows at all", "", [], /Expected a column text in the input, got: none/],
  // A table that spreadsheets make by copying a column: the value of one would be lost.
  ["two columns of the name", "text,text\na,b\n", [], /Expected one column text in the input, got several/],
  ["a quote of several characters", "text\na\n", ["--quote", "''"], /Expected --quote to be one character, got 2\./],
  [
    "names that cannot be seen",
    'id , "text",,"a\nb"\n1,2,3,4\n',
    [],
    /Expected a column text in the input, got: "id ", " \\"text\\"", "", "a\\nb"\./,
  ],
  ["a delimiter without characters", "text\na\n", ["--delimiter", ""], /Expected --delimiter to be a text/],
  [
    "an encoding that is unknown",
    "text\na\n",
    ["--encoding", "klingon"],
    /Expected --encoding to be utf-8.*got klingon/,
  ],
])("CSV with %s is refused before anything is sent", async (_, content, flags, message) => {
  const { code, texts, stderr } = await echo({ "in.csv": content }, ...TEXT, ...flags);
  expect({ code, texts }).toEqual({ code: 2, texts: [] });
  expect(stderr).toMatch(message);
});

test("a one-column CSV says that its first row is not sent, unless its name or --no-header is given (duckdb/duckdb#6011)", async () => {
  const files = { "in.csv": "first\nsecond\n" };
  const said = await echo(files, "in.csv");
  expect(said.texts).toEqual(["second"]);
  expect(said.stderr).toMatch(/^The first row of the input names its column and is not sent. --no-header sends it/);
  const all = await echo(files, "in.csv", "--no-header");
  expect(all.texts).toEqual(["first", "second"]);
  expect(all.stderr).not.toMatch(/first row/);
  expect((await echo(files, "in.csv", "--field", "first")).stderr).not.toMatch(/first row/);
});

test("options of a table are refused for another format", async () => {
  const { code, stderr } = await echo({ "in.jsonl": '"a"\n' }, "in.jsonl", "--no-header");
  expect(code).toBe(2);
  expect(stderr).toMatch(/Expected CSV for --delimiter, --quote, --escape or --no-header, got jsonl/);
});

// zhouhaoyi/Informer2020#653: a workbook of Excel whose name was changed to .csv.
test.each([
  [
    "in.csv",
    "PK\x03\x04\x14\0\x06\0[Content_Types].xml",
    /got ZIP, as Excel's \.xlsx is\. Save the sheet as CSV UTF-8/,
  ],
  ["in.csv", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", /got an old workbook of Excel\./],
  ["in.jsonl", "PAR1\x15\x04\x15\x10", /got Parquet\. Give --format parquet\./],
  ["in.jsonl", "ARROW1\0\0\xff\xff\xff\xff", /got Arrow\. Give --format arrow\./],
  ["in.jsonl", "Obj\x01\x04\x14avro.codec", /got Avro or ORC\. Write it as Parquet or CSV\./],
  ["in.csv", "SQLite format 3\0", /got a database of SQLite\./],
  ["in.txt", "%PDF-1.7\n1 0 obj", /got PDF\. Take its text out/],
  ["in.txt", "BZh91AY&SY", /got bzip2\. Unpack it with bunzip2\./],
  ["in.jsonl", "\xfd7zXZ\0", /got xz\. Unpack it with unxz\./],
])("%s that is another file is refused before anything is sent, not row by row", async (name, bytes, message) => {
  const { code, rows, stderr } = await echo({ [name]: Buffer.from(bytes, "latin1") }, name, "--field", "text");
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toMatch(message);
});

test("texts that begin as such a file does are texts", async () => {
  const lines = ["PAR1 is a bar", "PK", "ARROW1", "BZh9"];
  const { texts } = await echo({ "in.txt": `${lines.join("\n")}\n` }, "in.txt");
  expect(texts).toEqual(lines);
});

// wireservice/csvkit#168, wireservice/csvkit#1227: bytes of another encoding than UTF-8.
test.each<[string, Buffer, string]>([
  ["windows-1252", WINDOWS, "café € 5"],
  ["gbk", CHINESE, "你好"],
  ["shift_jis", Buffer.concat([Buffer.from("id,text\n1,"), Buffer.from([0x83, 0x5c]), Buffer.from("\n")]), "ソ"],
  // wireservice/csvkit#1172.
  ["utf-16le", Buffer.from("id,text\n1,é\n", "utf16le"), "é"],
])("P54 --encoding %s reads such bytes, which are refused without it", async (encoding, content, text) => {
  const files = { "in.csv": content };
  const named = await echo(files, ...TEXT, "--encoding", encoding);
  expect([named.code, named.texts]).toEqual([0, [text]]);
  const unnamed = await echo(files, ...TEXT);
  expect(unnamed.code).not.toBe(0);
  expect(unnamed.stderr + unnamed.texts.join("")).toMatch(/--encoding/);
  expect(unnamed.texts.join("")).not.toContain("\uFFFD");
});

test("P54 a byte that the named encoding does not have fails its own line, and is never sent as U+FFFD", async () => {
  const bytes = Buffer.concat([CHINESE, Buffer.from([0x32, 0x2c, 0xff, 0xff, 0x0a]), Buffer.from("3,c\n")]);
  const { code, texts } = await echo({ "in.csv": bytes }, ...TEXT, "--encoding", "gbk");
  expect(code).toBe(1);
  expect(texts).toEqual(["你好", expect.stringMatching(/^Expected line 3 to be in the file's encoding/), "c"]);
});

test("P54 a mark of UTF-16 is understood, and stands above what is named; UTF-32 is refused (wireservice/csvkit#1158)", async () => {
  const marked = Buffer.from('\uFEFF{"text":"é"}\r\n{"text":"\u2028"}\r\n', "utf16le");
  for (const [bytes, flags] of [
    [marked, []],
    [Buffer.from(marked).swap16(), ["--encoding", "windows-1252"]],
  ] as const) {
    expect((await echo({ "in.jsonl": bytes }, "in.jsonl", "--field", "text", ...flags)).texts).toEqual(["é", "\u2028"]);
  }
  const wide = Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]);
  expect((await echo({ "in.txt": wide }, "in.txt")).stderr).toMatch(/got UTF-32.*iconv/);
});

test.each<[string, string, unknown[]]>([
  ["an array, nested and escaped", ' [\n{"text":"a]\\"","id":[1,{"x":"}"}]},\r\n {"text":"b"}\n]\n', ['a]"', "b"]],
  ["an empty array", "[ ]", []],
  ["an empty file", "", []],
  // lil-lab/nlvr#1: files of this name are often a value on each line.
  ["a value on each line", '{"text":"a"}\n\n{"text":"b"}\n', ["a", "b"]],
  ["a byte order mark", '\uFEFF[{"text":"a"}]', ["a"]],
])("a .json file with %s", async (_, content, texts) => {
  const said = await echo({ "in.json": content }, "in.json", "--field", "text");
  expect([said.code, said.texts], said.stderr).toEqual([0, texts]);
});

test("a value of a JSON array that is not JSON fails by itself, and its neighbors keep the digits of their ids (P54)", async () => {
  const content = '[{"text":"a","id":12345678901234567890},{"text":secret},,"c",{"text":"d","id":1e400}]';
  const { code, rows, texts, stderr } = await echo(
    { "in.json": content },
    "in.json",
    "--field",
    "text",
    "--keep",
    "id",
  );
  expect(code).toBe(1);
  expect(texts).toEqual([
    "a",
    "Expected value 2 to be a JSON value of its own, got another text.",
    "Expected value 3 to be a JSON value of its own, got another text.",
    "c",
    "d",
  ]);
  expect(rows).toHaveLength(5);
  expect(stderr).not.toContain("secret");
});

test.each<[string, string, RegExp]>([
  ["an object over several lines", '{\n  "data": [\n{"text":"a"}\n]}\n', /Expected the input to be a JSON array.*jq/],
  ["an array that was cut short", '[{"text":"a"},{"te', /without its end.*cut short/],
  ["more after its array", '["a"]\n["b"]\n', /got more after it.*--format jsonl/],
])("a .json file with %s ends the run, and says what to do", async (_, content, message) => {
  const { code, stderr } = await echo({ "in.json": content }, "in.json", "--field", "text");
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

describe("packed files", () => {
  const SKIPPED = Buffer.from("502a4d18040000001bd02e00", "hex");
  const jsonl = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, at) => `{"text":"text ${from + at}"}\n`).join("");
  const [first, second] = [jsonl(0, 500), jsonl(500, 1000)];

  test.each<[string, string, Buffer]>([
    ["gzip", "in.jsonl.gz", gzipSync(first + second)],
    // PostHog/posthog#90036, urllib3/urllib3#1285: logs and exports are members one after another.
    ["gzip in two members", "in.jsonl.gz", Buffer.concat([gzipSync(first), gzipSync(second)])],
    ["Zstandard", "in.jsonl.zst", zstdCompressSync(first + second)],
    ["Zstandard in two frames", "in.jsonl.zst", Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)])],
    [
      "Zstandard in a frame a row",
      "in.jsonl.zst",
      Buffer.concat(Array.from({ length: 1000 }, (_, at) => zstdCompressSync(jsonl(at, at + 1)))),
    ],
    [
      // facebook/zstd#3255: pzstd begins each frame with one to skip, in which it notes the next one's size.
      "Zstandard that begins with a frame to skip",
      "in.jsonl.zst",
      Buffer.concat([first, second].map((text) => Buffer.concat([SKIPPED, zstdCompressSync(text)]))),
    ],
    ["gzip without its extension", "in.jsonl", gzipSync(first + second)],
  ])("%s: every row", async (_, name, content) => {
    const { code, texts, stderr } = await echo({ [name]: content }, name, "--field", "text");
    expect([code, texts.length, texts.at(-1)], stderr).toEqual([0, 1000, "text 999"]);
  });

  test("a packed table in another encoding", async () => {
    const { texts } = await echo(
      { "in.csv.gz": gzipSync(WINDOWS) },
      "in.csv.gz",
      ...TEXT.slice(1),
      "--encoding",
      "cp1252",
    );
    expect(texts).toEqual(["café € 5"]);
  });

  // mxmlnkn/rapidgzip#28: an archive that was cut short.
  test.each([
    ["gzip", "in.txt.gz", gzipSync(first)],
    ["Zstandard", "in.txt.zst", zstdCompressSync(first)],
  ])("%s that was cut short ends the run, and is not taken for the whole", async (name, file, content) => {
    const { code, stderr } = await echo({ [file]: content.subarray(0, -10) }, file);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`Expected the input to be whole ${name}, got .*copy it again`));
  });

  test("Parquet is not packed", async () => {
    const { stderr } = await echo({ "in.parquet.gz": gzipSync("") }, "in.parquet.gz");
    expect(stderr).toMatch(/Expected parquet that is not packed again.*Unpack it/);
  });
});

// pola-rs/polars#9096, johnkerl/miller#1076: which file a row comes from.
describe("several files", () => {
  const files = {
    "data/b.jsonl": '{"text":"b1"}\n{"text":"b2"}\n',
    "data/a.jsonl": '{"text":"a1"}\nnope\n',
    "data/c.txt": "not of the pattern\n",
    "more.csv": "id,text\n1,m1\n",
    "odd[1].jsonl": '{"text":"odd"}\n',
  };
  const argv = ["data/*.jsonl", "more.csv", "--field", "text"];

  test("patterns and names, in a stable order: one index, and each row's file", async () => {
    const { code, rows } = await echo(files, ...argv, "data/a.jsonl");
    expect(code).toBe(1);
    expect(rows.map(({ index, output, file }) => [index, output, file])).toEqual([
      [0, "a1", "data/a.jsonl"],
      [1, undefined, "data/a.jsonl"],
      [2, "b1", "data/b.jsonl"],
      [3, "b2", "data/b.jsonl"],
      [4, "m1", "more.csv"],
    ]);
  });

  test("--limit counts over all of them, and one file has no field for its name", async () => {
    const { rows } = await echo(files, ...argv, "--limit", "3");
    expect(rows.map(({ file }) => file)).toEqual(["data/a.jsonl", "data/a.jsonl", "data/b.jsonl"]);
    const one = await echo(files, "odd[1].jsonl", "--field", "text");
    expect(one.rows).toEqual([{ index: 0, output: "odd" }]);
  });

  test("a table of rows has a column for it, and --resume continues in the file where the run stopped", async () => {
    const folder = await echoFolder(files);
    expect((await echoIn(folder, ...argv, "-o", "out.csv")).code).toBe(1);
    expect(await readFile(`${folder}/out.csv`, "utf8")).toMatch(/^index,output,.*,file\r?\n0,a1,.*,data\/a\.jsonl/);
    await echoIn(folder, ...argv, "-o", "out.jsonl", "--limit", "3");
    expect((await echoIn(folder, ...argv, "-o", "out.jsonl", "--resume")).code).toBe(1);
    const rows = rowsOf(await readFile(`${folder}/out.jsonl`, "utf8"));
    expect(rows.map(({ index, file }) => [index, file])).toEqual(
      ["data/a", "data/a", "data/b", "data/b", "more"].map((name, at) => [at, name + (at < 4 ? ".jsonl" : ".csv")]),
    );
  });

  test.each<[string, string[], RegExp]>([
    ["a pattern without a file", ["data/*.parquet"], /Expected files like data\/\*\.parquet, got none/],
    [
      "a name without a file",
      ["more.csv", "none.csv"],
      /Expected the input none\.csv to be readable, got no such file/,
    ],
    ["a file without the column, after others", ["more.csv", "bad.csv"], /Expected a column text in the input/],
    ["standard input among them", ["more.csv", "-"], /got standard input among them/],
    ["a kept field of the name", ["more.csv", "data/a.jsonl", "--keep", "file"], /Expected --keep without file/],
    ["the output among them", ["out.jsonl", "more.csv", "-o", "out.jsonl"], /got the same file/],
  ])("%s is refused before anything is sent", async (_, names, message) => {
    const all = { ...files, "bad.csv": "id,body\n", "out.jsonl": "" };
    const { code, texts, stderr } = await echo(all, ...names, "--field", "text");
    expect({ code, texts }).toEqual({ code: 2, texts: [] });
    expect(stderr).toMatch(message);
  });
});
