import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { duckdb } from "./testing/duckdb.ts";
import { startChild } from "./testing/child.ts";
import { echo, echoFolder, echoIn } from "./testing/echo.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

// simonw/sqlite-utils#489, huggingface/datasets#372: records in a list of one object, as a server answers with them.
test.each<[name: string, text: string, field: string, filter: string]>([
  ["on one line", '{"object":"list","data":[{"text":"a"}]}', "text", ".data[]"],
  ["over several lines", '{\n  "has_more": false,\n  "data": [\n    {"text": "a"}\n  ]\n}\n', "text", ".data[]"],
  [
    "in an object",
    '{"hits":\n{"total":{"value":1},"a":[1],"hits":[{"_source":{"text":"a"}}]}}',
    "_source.text",
    ".hits.hits[]",
  ],
  ["under a name with a space", '{\n"my rows":[{"text":"a"}]}', "text", '.["my rows"][]'],
])("a list of records %s is named, with what makes lines of it", async (_, text, field, filter) => {
  const { code, rows, stderr } = await echo({ "in.json": text }, "in.json", "--field", field);
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toContain(`\`jq -c '${filter}' in.json > in.jsonl\` makes a line of each`);
});

test("objects over several lines, one after another, are named as such", async () => {
  const { code, stderr } = await echo({ "in.json": '{\n"text":"a"}\n{\n"text":"b"}\n' }, "in.json", "--field", "text");
  expect(code).toBe(2);
  expect(stderr).toContain("`jq -c .` makes a line of each value.");
});

test("a misspelled --field is refused before anything is sent, with the fields that are there", async () => {
  const lines = Array.from({ length: 200 }, (_, at) => `{"id":${at},"text":"t"}\n`);
  const { code, rows, stderr } = await echo({ "in.jsonl": lines.join("") }, "in.jsonl", "--field", "txt");
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toBe("error: Expected a column txt in the input, got: id, text.\n");
  // One that some records of the first hundred have is not.
  const some = [...lines.slice(0, 99), '{"txt":"a"}\n', ...lines];
  const { code: failed, rows: all } = await echo({ "in.jsonl": some.join("") }, "in.jsonl", "--field", "txt");
  expect({ failed, sent: all.filter((row) => "output" in row).length }).toEqual({ failed: 1, sent: 1 });
});

test("paths that messages name are those that were typed", async () => {
  const files = { "in.jsonl": '{"text":"a"}\n', "in.xml": "" };
  for (const [argv, message] of [
    [["none/in.jsonl"], "Expected the input none/in.jsonl to be readable, got no such file or folder."],
    [["in.xml"], "Expected in.xml to have a known extension"],
    [["in.jsonl", "--output", "none/out.jsonl"], "Expected none/out.jsonl to be writable, got no such file or folder."],
    [["in.jsonl", "--output", "in.xml/out.csv"], "Expected in.xml/out.csv to be writable, got a file in its path"],
  ] as const) {
    const { code, stderr } = await echo(files, ...argv, "--field", "text");
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${message}`);
  }
});

const REPEATED = ["--quote", "none", "--escape", "\\"];

test.each<[what: string, files: Record<string, string>, argv: readonly string[], texts: readonly unknown[]]>([
  // https://www.postgresql.org/docs/current/sql-copy.html, Text Format: line ends, tabs and backslashes as letters.
  [
    "Postgres' COPY",
    { "in.tsv": "id\ttext\n1\ttwo\\nlines\n2\tC:\\\\new\n3\ta\\tb\n" },
    ["in.tsv", ...REPEATED],
    ["two\nlines", "C:\\new", "a\tb"],
  ],
  // https://dev.mysql.com/doc/refman/8.4/en/select-into.html: a backslash before line ends and tabs as they are.
  [
    "MySQL's OUTFILE",
    { "in.tsv": "id\ttext\n1\ttwo\\\nlines\n2\ta\\\tb\n" },
    ["in.tsv", ...REPEATED],
    ["two\nlines", "a\tb"],
  ],
  // https://docs.snowflake.com/en/sql-reference/sql/create-file-format, ESCAPE_UNENCLOSED_FIELD: a backslash.
  ["Snowflake's unload", { "in.csv": "id,text\n1,one\\, two\n" }, ["in.csv", ...REPEATED], ["one, two"]],
])("texts of %s are read without their escapes", async (_, files, argv, texts) => {
  expect(await echo(files, ...argv, "--field", "text")).toMatchObject({ code: 0, texts });
});

// https://clickhouse.com/docs/interfaces/formats/CSV: \N without quotes is null; it would be paid for as a text.
test("the null of a database's text format is null: it is not sent, and kept as null", async () => {
  const files = { "in.csv": 'id,text\n1,\\N\n\\N,one\n2,"\\N"\n' };
  const { code, rows } = await echo(files, "in.csv", "--field", "text", "--keep", "id");
  expect(code).toBe(1);
  expect(rows[0]?.error?.message).toMatch(/^Expected line 2 to have a text.*, got null\./);
  expect(rows.slice(1)).toEqual([
    { index: 1, output: "one", id: null },
    { index: 2, output: "\\N", id: "2" },
  ]);
});

// JuliaData/DataFrames.jl#2904, learningequality/ricecooker#143: `é` of a Mac and of a keyboard look the same; so do spaces after commas.
test("a column is found by the name that it shows", async () => {
  const [apart, whole] = ["te\u0301xt", "t\u00e9xt"];
  const files = { "in.csv": `id, ${apart}\n1,a\n`, "in.jsonl": `{"o":{"${apart}":"b"}}\n` };
  const { rows } = await echo(files, "in.csv", "--field", whole, "--keep", whole);
  expect(rows).toEqual([{ index: 0, output: "a", [whole]: "a" }]);
  expect(await echo(files, "in.csv", "--prompt", `{id} {${whole}}`)).toMatchObject({ code: 0, texts: ["1 a"] });
  expect(await echo(files, "in.jsonl", "--field", `o.${whole}`)).toMatchObject({ code: 0, texts: ["b"] });
  // A space of another width, and characters that are not seen.
  const unseen = { "in.csv": "a\u00a0b,\u200btext\n1,c\n" };
  expect(await echo(unseen, "in.csv", "--prompt", "{a b} {text}")).toMatchObject({ code: 0, texts: ["1 c"] });
  // One of the exact name comes first.
  const both = { "in.csv": "text, text\nexact,other\n" };
  expect(await echo(both, "in.csv", "--field", "text")).toMatchObject({ texts: ["exact"] });
});

test("- is standard output", async () => {
  const folder = await echoFolder({ "in.jsonl": '"a"\n' });
  expect(await echoIn(folder, "in.jsonl", "--output", "-")).toMatchObject({ code: 0, texts: ["a"] });
  expect(await readdir(folder)).not.toContain("-");
});

// swcarpentry/shell-novice#291: a pattern that finds what an earlier run has written.
test("what a run writes is no input of a pattern, also when it resumes", async () => {
  const folder = await echoFolder({ "a.jsonl": '{"text":"a"}\n', "in/b.jsonl": '{"text":null}\n' });
  const argv = ["**/*.jsonl", "--field", "text", "--output", "out.jsonl"];
  const isOurs = (name: string): boolean => name.startsWith("out");
  expect(await echoIn(folder, ...argv)).toMatchObject({ code: 1 });
  expect((await readdir(folder)).filter(isOurs)).toEqual(["out.jsonl", "out.jsonl.batchwise"]);
  expect(await echoIn(folder, ...argv, "--resume")).toMatchObject({ code: 1 });
  await writeFile(path.join(folder, "in/b.jsonl"), '{"text":"b"}\n');
  expect(await echoIn(folder, ...argv, "--overwrite")).toMatchObject({ code: 0 });
  expect((await readFile(path.join(folder, "out.jsonl"), "utf8")).trimEnd().split("\n")).toEqual([
    '{"index":0,"output":"a","file":"a.jsonl"}',
    '{"index":1,"output":"b","file":"in/b.jsonl"}',
  ]);
  const named = await echoIn(folder, "a.jsonl", "out.jsonl", ...argv.slice(1), "--overwrite");
  expect(named.stderr).toContain("Expected another --output than the input");
});

// apache/parquet-java#1700: bytes of a page that were damaged, with a footer that is whole.
test("Parquet whose pages are damaged ends the run in words, and says where", async () => {
  const folder = await echoFolder({});
  const file = path.join(folder, "in.parquet");
  await duckdb(`copy (select 'text ' || i as text from range(2000) r(i)) to '${file}' (format parquet)`);
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0, 4, 200));
  const { code, rows, stderr } = await echoIn(folder, "in.parquet");
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toMatch(
    /error: Expected rows 1 to 2000 of the Parquet file to be readable, got an error \(.*write it again/,
  );
});

// https://www.unicode.org/faq/utf_bom.html: files with a mark of their byte order, joined by `cat`; RFC 7464, `jq --seq`.
test("P54 marks before the value of a line are none of it", async () => {
  const file = '\uFEFF{"text":"a"}\n\uFEFF{"text":"b"}\n\u001E{"text":"\uFEFFc"}\n';
  expect(await echo({ "in.jsonl": file }, "in.jsonl", "--field", "text")).toMatchObject({
    code: 0,
    texts: ["a", "b", "\uFEFFc"],
  });
});

// https://docs.python.org/3/library/json.html#infinite-and-nan-number-values: json.dumps writes what JSON does not have.
test("P54 a line with Python's NaN fails by itself, and says so", async () => {
  const lines = [
    '{"text":"a","score":NaN}',
    '{"text":"b","list":[1, -Infinity]}',
    '{"text":", NaN"}',
    '{"text":": NaN',
  ];
  const { code, texts } = await echo({ "in.jsonl": lines.join("\n") }, "in.jsonl", "--field", "text");
  expect({ code, texts }).toEqual({
    code: 1,
    texts: [
      "Expected line 1 to be JSON, got a NaN or Infinity, as Python writes them. Write null.",
      "Expected line 2 to be JSON, got a NaN or Infinity, as Python writes them. Write null.",
      ", NaN",
      "Expected line 4 to be a JSON value of its own, got another text.",
    ],
  });
});

const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n";

// policy-gradient/GRPO-Zero#1, benedekrozemberczki/datasets#10: a clone without Git LFS has three lines instead of a file.
test.each(["in.txt", "in.csv", "in.jsonl", "in.parquet", "in.arrow"])(
  "a pointer of Git LFS by the name of %s is refused",
  async (name) => {
    const { code, rows, stderr } = await echo({ [name]: POINTER }, name, "--format", FORMATS[path.extname(name)] ?? "");
    expect({ code, rows }).toEqual({ code: 2, rows: [] });
    expect(stderr).toContain("got a pointer of Git LFS. Fetch the file with `git lfs pull`. Nothing was sent.");
  },
);

const FORMATS: Readonly<Record<string, string>> = {
  ".txt": "text",
  ".csv": "csv",
  ".jsonl": "jsonl",
  ".parquet": "parquet",
  ".arrow": "arrow",
};

test("a JSON array by the name of JSONL is named as such", async () => {
  const { code, rows, stderr } = await echo(
    { "in.jsonl": '[{"text":"a"},{"text":"b"}]' },
    "in.jsonl",
    "--field",
    "text",
  );
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toContain("got one list. --format json reads the values of a JSON array.");
});

// https://cloud.google.com/bigquery/docs/exporting-data: nested values of a CSV are JSON in its cells.
test("a path leads into JSON in a cell, and ids in it keep their digits", async () => {
  const files = { "in.csv": 'id,data\n1,"{""text"":""a"",""user"":{""id"":9007199254740993}}"\n2,plain\n' };
  const { rows } = await echo(files, "in.csv", "--field", "data.text", "--keep", "data.user.id");
  expect(rows[0]).toMatchObject({ output: "a" });
  expect(rows[1]?.error?.message).toMatch(/^Expected line 3 to have a text.*got nothing/);
  const prompt = await echo(files, "in.csv", "--prompt", "{data.user.id}", "--limit", "1");
  expect(prompt.texts).toEqual(["9007199254740993"]);
});

// pandas-dev/pandas#14124, duckdb/duckdb#8231: a comma at the end of each row and none at the end of the header, or its
// reverse.
test("empty values beyond the header are none; others fail their row", async () => {
  const reverse = await echo(
    { "in.csv": "id,text,\n1,a\n2,b,\n3,c,d\n" },
    "in.csv",
    "--field",
    "text",
    "--keep",
    "all",
  );
  expect(reverse.rows.map((row) => [row.output, row[""]])).toEqual([
    ["a", ""],
    ["b", ""],
    ["c", "d"],
  ]);
  const { rows } = await echo({ "in.csv": "id,text\n1,a,\n2,b,,\n3,c,d\n" }, "in.csv", "--field", "text");
  expect(rows.map(({ output }) => output)).toEqual(["a", "b", undefined]);
  expect(rows[2]?.error?.message).toBe("Expected line 4 to have 2 values, one for each column, got 3.");
});

test.each([
  ["a folder", "in", "got a folder. Name its files, such as 'in/*.jsonl'."],
  ["an address", "https://example.com/in.jsonl", "got an address. Download it, or pipe it: curl"],
  ["a bucket", "s3://bucket/in.jsonl", "got an address."],
])("%s as the input is refused with what to do", async (_, input, message) => {
  const { code, stderr } = await echo({ "in/a.jsonl": '"a"\n' }, input);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) as string });
});

test("~ in a quoted pattern is the home folder, as a shell has it without quotes", async () => {
  const folder = await echoFolder({ "home/a.jsonl": '"a"\n' });
  vi.stubEnv("HOME", path.join(folder, "home"));
  expect(await echoIn(folder, "~/*.jsonl")).toMatchObject({ code: 0, texts: ["a"] });
  vi.unstubAllEnvs();
});

/** Has a disk that is full after so many bytes. */
const FULL = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
let room = 60_000;
const full = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
const { writeSync } = fs;
fs.writeSync = (descriptor, bytes, ...more) => {
  room -= bytes.length;
  if (room < 0) throw full();
  return writeSync(descriptor, bytes, ...more);
};
const { writeFile } = fs.promises;
fs.promises.writeFile = async (...all) => {
  if (room < 0) throw full();
  return writeFile(...all);
};
syncBuiltinESMExports();
`;

// twisted/twisted#10578, itchio/itch#874: what is written as a run ends, its lock, fails on a full disk too, and hid the reason.
test.each(["out.jsonl", "out.parquet"])("a full disk ends %s in words, and --resume goes on", async (output) => {
  const lines = Array.from({ length: 3000 }, (_, at) => `{"text":"a text that takes some room ${at}"}\n`).join("");
  const folder = await echoFolder({ "in.jsonl": lines, "full.mjs": FULL });
  const argv = ["in.jsonl", "--field", "text", "--output", output];
  vi.stubEnv("NODE_OPTIONS", `--import=${pathToFileURL(path.join(folder, "full.mjs")).href}`);
  const child = startChild(folder, "", ["run", "acme-echo", ...argv]);
  expect(await child.ended).toBe(2);
  vi.unstubAllEnvs();
  expect(child.said.stderr).toContain(`error: Expected ${output} to be writable, got a full disk.\n`);
  expect(await echoIn(folder, ...argv, "--resume")).toMatchObject({ code: 0 });
});

// huggingface/datasets#1821, ClickHouse/ClickHouse#34198: an error of one file among many that does not name it.
test("an error of one of several files names it", async () => {
  const files = {
    "a.csv": "id,text\n1,a\n",
    "b.csv": "id,body\n1,b\n",
    "c.jsonl": "PAR1\u0015\u0004\u0015\u0010\u0015\u0010",
  };
  const other = await echo(files, "a.csv", "b.csv", "--field", "text");
  expect(other.stderr).toBe("error: Expected a column text in the input, got: id, body. This is b.csv.\n");
  const parquet = await echo(files, "a.csv", "c.jsonl", "--field", "text");
  expect(parquet.stderr).toMatch(/got Parquet\. .*This is c\.jsonl\.$/m);
  const later = await echo({ ...files, "d.csv": 'id,text\n1,"open\n' }, "a.csv", "d.csv", "--field", "text");
  expect(later).toMatchObject({ code: 2, texts: ["a"], stderr: expect.stringContaining("This is d.csv.") as string });
  const alone = await echo(files, "b.csv", "--field", "text");
  expect(alone.stderr).toBe("error: Expected a column text in the input, got: id, body.\n");
});

// duckdb/duckdb#6067: a column that is there twice cannot be read by its name.
test("a field that --keep names twice is one column", async () => {
  const folder = await echoFolder({ "in.csv": "id,text\n1,a\n" });
  const argv = ["in.csv", "--field", "text", "--keep", "id,text", "--keep", "id", "--output", "out.csv"];
  expect(await echoIn(folder, ...argv)).toMatchObject({ code: 0 });
  const [header] = (await readFile(path.join(folder, "out.csv"), "utf8")).split("\n");
  expect(header).toBe("index,output,error_code,error_message,error_status,id,text");
});
