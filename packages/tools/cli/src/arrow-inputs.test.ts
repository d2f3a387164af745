import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  Binary,
  DenseUnion,
  Field,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Table,
  tableFromArrays,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { expect, test, vi } from "vitest";
import { startChild } from "./testing/child.ts";
import { duckdb } from "./testing/duckdb.ts";
import { echo, echoFolder, echoIn } from "./testing/echo.ts";
import { pluginFolder } from "./testing/plugin.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

/** Files that pyarrow wrote: `fixtures/arrow/make.py`. */
function fixture(name: string): Promise<Buffer> {
  return readFile(new URL(`fixtures/arrow/${name}`, import.meta.url));
}

/** Columns of the files that are kept, and what JSONL has of the first row, of the second, and of one of nulls. */
const KEPT: Readonly<Record<string, readonly [first: string, second: string]>> = {
  big: ["9223372036854775807", "-9223372036854775808"],
  unsigned: ["18446744073709551615", "0"],
  price: ["12345678901234567.89", "-0.10"],
  wide: ["1.500", "-2.000"],
  nanos: ['"2023-11-14T22:13:20.123456789"', '"1969-12-31T23:59:59.999999999"'],
  zoned: ['"2023-11-14T22:13:20.123456Z"', '"1969-12-31T23:59:59.999999Z"'],
  seconds: ['"2023-11-14T22:13:20.000"', '"1969-12-31T23:59:59.000"'],
  day: ['"1969-12-31"', '"0001-01-01"'],
  day64: ['"1969-12-31"', '"1900-01-01"'],
  clock: ['"23:59:59.123456"', '"00:00:00.000000"'],
  clock32: ['"23:59:59.000"', '"00:00:00.000"'],
  category: ['"a"', '"b"'],
  flag: ["true", "false"],
  half: ["0.1", '"NaN"'],
  large: ['"L"', '"M"'],
  view: ['"short"', '"longer than what a view has room for"'],
  nothing: ["null", "null"],
};
const NESTED: typeof KEPT = {
  ids: ["[9223372036854775807,null]", "[]"],
  vector: ["[0.1,2]", "[0.5,-0]"],
  tree: ['{"a":0.50,"b":["x"]}', '{"a":null,"b":[]}'],
  map: ['{"k":1}', '{"l":null}'],
};

function fieldsOf(columns: typeof KEPT, at: 0 | 1 | undefined): string {
  return Object.entries(columns)
    .map(([name, values]) => `"${name}":${at === undefined ? "null" : values[at]}`)
    .join(",");
}

// apache/arrow-js#99: pandas packs Feather with LZ4 unless told otherwise. huggingface/datasets#2377: what `save_to_disk`
// writes is a stream. apache/arrow#46073: texts of polars are views.
test.each(["lz4.feather", "zstd.arrows"])("values of %s have all their digits in JSONL", async (name) => {
  const folder = await echoFolder({ [name]: await fixture(name) });
  const columns = { ...KEPT, ...NESTED };
  const keep = Object.keys(columns).join(",");
  const argv = ["run", "acme-echo", name, "--field", "text", "--keep", keep];
  const child = startChild(folder, "", argv);
  expect(await child.ended, child.said.stderr).toBe(0);
  const lines = child.said.stdout.split("\n").slice(0, -1);
  expect(lines).toHaveLength(4);
  for (const at of [0, 1] as const)
    expect(lines[at]).toBe(`{"index":${at},"output":"text ${at}",${fieldsOf(columns, at)}}`);
  expect(lines[3]).toBe(`{"index":3,"output":"text 3",${fieldsOf(columns, undefined)}}`);
});

test("columns of Arrow have their types in Parquet, by DuckDB, and in Arrow, and are inputs again", async () => {
  const folder = await pluginFolder("acme", ADAPTERS, { "in.feather": await fixture("lz4.feather") });
  const run = async (...argv: readonly string[]): Promise<string> => {
    const child = startChild(folder, "", ["run", ...argv, "--quiet"]);
    expect(await child.ended, child.said.stderr).toBe(0);
    return child.said.stdout;
  };
  const keep = ["--field", "text", "--keep", `text,${Object.keys(KEPT).join(",")},id,document`];
  const jsonl = await run("acme#chat", "in.feather", ...keep);
  await run("acme#chat", "in.feather", ...keep, "--output", "out.parquet");
  await run("acme#vectors", "in.feather", ...keep, "--output", "out.arrow");
  expect(await run("acme#chat", "out.parquet", ...keep)).toBe(jsonl);
  // Arrow has no type of JSON, which becomes a text.
  const asText = (line: string): string =>
    line.replaceAll(/"document":(\{.*?\})/g, (_, json: string) => `"document":${JSON.stringify(json)}`);
  expect(await run("acme#chat", "out.arrow", ...keep)).toBe(asText(jsonl));
  const described = await duckdb(
    `select column_name, column_type from (describe select * from '${path.join(folder, "out.parquet")}')`,
  );
  expect(Object.fromEntries(described.map((row) => [row["column_name"], row["column_type"]]))).toMatchObject({
    big: "BIGINT",
    unsigned: "UBIGINT",
    price: "DECIMAL(19,2)",
    nanos: "TIMESTAMP_NS",
    zoned: "TIMESTAMP WITH TIME ZONE",
    seconds: "TIMESTAMP",
    day: "DATE",
    clock: "TIME",
    flag: "BOOLEAN",
    half: "FLOAT",
    id: "UUID",
    document: "JSON",
  });
});

const ADAPTERS = `
import { runnable } from "@batchwise/core";
const adapter = (name, kind, answer) => ({
  name, kind, description: "Answers.", options: { type: "object", properties: {} },
  inputs: { messages: true },
  create: () => runnable(async (input) => answer(input)),
});
export const adapters = [
  adapter("chat", "chat", (input) => (typeof input === "string" ? input : input.at(-1).content)),
  adapter("vectors", "embeddings", (text) => Float32Array.of(text.length, -0)),
];
`;

test("messages and fields of objects are read", async () => {
  const folder = await pluginFolder("acme", ADAPTERS, { "in.arrow": await fixture("zstd.arrows") });
  const said = async (...argv: readonly string[]): Promise<string> => {
    const child = startChild(folder, "", ["run", "acme#chat", "in.arrow", "--limit", "1", ...argv]);
    await child.ended;
    return child.said.stdout;
  };
  expect(await said()).toBe('{"index":0,"output":"text 0"}\n');
  expect(await said("--prompt", "{tree.b} {price} {map.k}")).toBe(
    `${JSON.stringify({ index: 0, output: '["x"] 12345678901234567.89 1' })}\n`,
  );
});

test.each(["out.arrow", "out.parquet"])("what the command wrote is an input, with its vectors: %s", async (output) => {
  const folder = await pluginFolder("acme", ADAPTERS, { "in.jsonl": '{"text":"one"}\n{"text":null}\n' });
  const argv = ["run", "acme#vectors", "in.jsonl", "--field", "text", "--keep", "text", "--output", output];
  expect(await startChild(folder, "", argv).ended).toBe(1);
  // It is also what a resumed run reads.
  expect(await startChild(folder, "", [...argv, "--retry-failed"]).ended).toBe(1);
  const again = startChild(folder, "", ["run", "acme#chat", output, "--field", "text", "--keep", "all"]);
  expect(await again.ended).toBe(1);
  const [first, second] = again.said.stdout.split("\n");
  expect(first).toBe(
    '{"index":0,"output":"one","input_index":0,"input_output":[3,-0],"error_code":null,"error_message":null,"error_status":null,"text":"one"}',
  );
  expect(second).toContain('"input_output":null,"error_code":"invalid_input"');
});

/** Arrow file of record batches of one text. */
function arrowOf(texts: readonly (string | null)[]): Uint8Array {
  const [first, ...others] = texts.map((text) => new Table({ text: vectorFromArray([text], new Utf8()) }));
  return tableToIPC((first as Table).concat(...others), "file");
}

test("a run over Arrow resumes: an input that grew is accepted, another one is refused", async () => {
  const folder = await echoFolder({ "in.arrow": arrowOf(["one", null]) });
  const argv = ["in.arrow", "--field", "text", "--output", "out.jsonl"];
  expect(await echoIn(folder, ...argv)).toMatchObject({ code: 1 });
  await writeFile(path.join(folder, "in.arrow"), arrowOf(["other", null]));
  const { code, stderr } = await echoIn(folder, ...argv, "--resume");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("Expected") as string });
  await writeFile(path.join(folder, "in.arrow"), arrowOf(["one", null, "three"]));
  expect(await echoIn(folder, ...argv, "--resume")).toMatchObject({ code: 1 });
  const rows = (await readFile(path.join(folder, "out.jsonl"), "utf8")).split("\n");
  expect(rows[2]).toBe('{"index":2,"output":"three"}');
});

test("record batches are read as they are needed: the first rows of a file whose end is damaged", async () => {
  const bytes = Buffer.from(arrowOf(["one", "two", "three"]));
  bytes.fill(0xff, bytes.lastIndexOf("three") - 120, bytes.lastIndexOf("three"));
  const files = { "in.arrow": bytes };
  expect(await echo(files, "in.arrow", "--limit", "2")).toMatchObject({ code: 0, texts: ["one", "two"] });
  const { code, texts, stderr } = await echo(files, "in.arrow");
  expect({ code, texts }).toEqual({ code: 2, texts: ["one", "two"] });
  expect(stderr).toContain("Expected a whole Arrow file or stream");
});

test("Arrow among several files, and one without rows", async () => {
  const files = { "a.arrow": arrowOf(["one"]), "b.jsonl": '{"text":"two"}\n', "c.arrows": tableToIPC(EMPTY, "stream") };
  const { code, rows } = await echo(files, "a.arrow", "b.jsonl", "c.arrows", "--field", "text");
  expect(code).toBe(0);
  expect(rows).toEqual([
    { index: 0, output: "one", file: "a.arrow" },
    { index: 1, output: "two", file: "b.jsonl" },
  ]);
});

const EMPTY = new Table({ text: vectorFromArray([], new Utf8()) });

// apache/arrow#29635: texts that their writer has not checked.
test("P54 a text that is not UTF-8 fails its row, and is never sent with other characters", async () => {
  const texts = vectorFromArray([Buffer.from("ok"), Buffer.from([0x61, 0xff])], new Binary());
  const [bytes] = texts.data;
  if (bytes === undefined) throw new Error("Expected a chunk, got none. Read the library's builder.");
  const { length, valueOffsets, values } = bytes;
  const data = makeData({ type: new Utf8(), length, valueOffsets, data: values });
  const schema = new Schema([new Field("text", new Utf8(), true)]);
  const batch = new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children: [data] }));
  const file = RecordBatchFileWriter.writeAll([batch]).toUint8Array(true);
  const { code, texts: sent } = await echo({ "in.arrow": file }, "in.arrow");
  expect(code).toBe(1);
  expect(sent).toEqual(["ok", expect.stringContaining("Expected row 2 to be in the file's encoding") as string]);
});

function union(): Uint8Array {
  const type = new DenseUnion([0], [new Field("a", new Int32(), true)]);
  const data = makeData({
    type,
    length: 1,
    typeIds: Int8Array.of(0),
    valueOffsets: Int32Array.of(0),
    children: [makeData({ type: new Int32(), data: Int32Array.of(1) })],
  });
  const schema = new Schema([new Field("either", type, true)]);
  const batch = new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: 1, children: [data] }));
  return RecordBatchFileWriter.writeAll([batch]).toUint8Array(true);
}

const WHOLE = arrowOf(["one"]);

test.each<[what: string, name: string, bytes: () => Uint8Array | Promise<Uint8Array>, message: RegExp]>([
  ["that was cut short", "in.arrow", () => WHOLE.subarray(0, -9), /^error: Expected a whole Arrow file or stream/],
  ["without a byte", "in.arrow", () => new Uint8Array(), /^error: Expected a whole Arrow file or stream/],
  [
    "with a damaged batch",
    "in.feather",
    async () => (await fixture("lz4.feather")).fill(0xff, 2525, 2529),
    /Expected a whole Arrow file or stream, .* or damaged/,
  ],
  // apache/arrow, format/Feather.fbs: the first version was another format.
  ["of the first Feather", "in.feather", () => Buffer.from("FEA1\0\0\0\0FEA1"), /is Feather of version 1/],
  ["of list views", "in.feather", () => fixture("views.feather"), /got one of the type ListView\. Cast it/],
  ["of runs", "in.arrow", () => fixture("runs.arrow"), /got one of the type RunEndEncoded\. Cast it/],
  ["of a union", "in.arrow", union, /got either of the type Union.*\. Cast it/],
  ["by the name of a text", "in.jsonl", () => WHOLE, /got Arrow\. Give --format arrow\./],
  ["packed again", "in.arrow.gz", () => WHOLE, /Expected arrow that is not packed again/],
])("Arrow %s is refused before anything is sent", async (_, name, bytes, message) => {
  const { code, rows, stderr } = await echo({ [name]: await bytes() }, name, "--field", "text");
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toMatch(message);
});

// pandas has them as Timedelta, and polars as Duration.
test("a kept column of durations is refused, and no other is", async () => {
  const { vectorFromArray: made, DurationMillisecond } = await import("apache-arrow");
  const table = new Table({
    text: made(["one"], new Utf8()),
    took: made([1n], new DurationMillisecond()),
    more: tableFromArrays({ more: [1] }).getChild("more") as never,
  });
  const files = { "in.arrow": tableToIPC(table, "file") };
  const { code, stderr } = await echo(files, "in.arrow", "--field", "text", "--keep", "all");
  expect(code).toBe(2);
  expect(stderr).toContain("got took, a column of intervals. Nothing was sent.");
  expect(await echo(files, "in.arrow", "--field", "text", "--keep", "more")).toMatchObject({ code: 0 });
});
