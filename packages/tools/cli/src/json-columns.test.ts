import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  Field,
  List,
  makeData,
  Map_,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { expect, test, vi } from "vitest";
import { duckdb } from "./testing/duckdb.ts";
import { echo, echoFolder, echoIn } from "./testing/echo.ts";
import { temporaryFolder } from "./testing/workbench.ts";

// A safeguard, not a measure: machines may be busy.
vi.setConfig({ testTimeout: 120_000 });

const TEXTS = ["a", "b", "c", "d", "e"];
const JSON_TEXT = '{"n":1.10}';
/** Text of the same length that is not JSON. */
const OTHER_TEXT = '{"n":1.1,}';

/** Columns of JSON, and of JSON in lists, objects and maps. Of each, one row has another text: the second, third and so on. */
const COLUMNS = ["document", "items", "tree", "map"] as const;

function textsOf(column: number, other: string): string[] {
  return [JSON_TEXT, ...COLUMNS.map((_, at) => (at === column ? other : JSON_TEXT))];
}

function arrow(): Uint8Array {
  const json = (name: string): Field =>
    new Field(name, new Utf8(), true, new Map([["ARROW:extension:name", "arrow.json"]]));
  const entries = new Struct<{ key: Utf8; value: Utf8 }>([new Field("key", new Utf8()), json("value")]);
  const columns: [field: Field, valueOf: (text: string) => unknown][] = [
    [json("document"), (text) => text],
    [new Field("items", new List(json("item")), true), (text) => [null, text]],
    [new Field("tree", new Struct([json("leaf")]), true), (leaf) => ({ leaf })],
    [new Field("map", new Map_(new Field("entries", entries)), true), (text) => new Map([["k", text]])],
  ];
  const fields = [new Field("text", new Utf8(), true), ...columns.map(([field]) => field)];
  const values = [TEXTS, ...columns.map(([, valueOf], at) => textsOf(at, OTHER_TEXT).map(valueOf))];
  const children = fields.flatMap(({ type }, at) => vectorFromArray(values[at] ?? [], type).data);
  const data = makeData({ type: new Struct(fields), length: TEXTS.length, children });
  return RecordBatchFileWriter.writeAll([new RecordBatch(new Schema(fields), data)]).toUint8Array(true);
}

async function parquet(): Promise<Uint8Array> {
  const file = path.join(await temporaryFolder(), "in.parquet");
  // Its writer takes nothing but JSON.
  const placeholder = '{"n":1.12}';
  const [documents = [], items = [], trees = [], maps = []] = COLUMNS.map((_, at) => textsOf(at, placeholder));
  const rows = TEXTS.map(
    (text, row) =>
      `('${text}', '${documents[row]}'::json, [null, '${items[row]}'::json], {leaf: '${trees[row]}'::json}, map {'k': '${maps[row]}'::json})`,
  );
  await duckdb(
    `copy (from (values ${rows.join(",")}) t(text, document, items, tree, map)) to '${file}' (format parquet, compression uncompressed)`,
  );
  const bytes = await readFile(file, "latin1");
  return Buffer.from(bytes.replaceAll(placeholder, OTHER_TEXT), "latin1");
}

test.each([
  ["in.arrow", arrow],
  ["in.parquet", parquet],
])("a text of a column of JSON that is not JSON costs its row: %s", async (name, make) => {
  const files = { [name]: await make() };
  const { code, rows, stderr } = await echo(files, name, "--field", "text", "--keep", COLUMNS.join(","));
  expect(code, stderr).toBe(1);
  expect(rows[0]).toEqual({
    index: 0,
    output: "a",
    document: { n: 1.1 },
    items: [null, { n: 1.1 }],
    tree: { leaf: { n: 1.1 } },
    map: { k: { n: 1.1 } },
  });
  expect(rows.slice(1).map(({ error }) => error?.message)).toEqual(
    COLUMNS.map(
      (column, at) =>
        `Expected row ${at + 2} to have JSON in the column ${column}, as its type says, got another text. Correct it, or cast the column to text.`,
    ),
  );
  const unread = await echo(files, name, "--field", "text");
  expect(unread).toMatchObject({ code: 0, texts: TEXTS });
});

test("a text as the value of a column of JSON is JSON in every kind of output", async () => {
  const folder = await echoFolder({});
  const file = path.join(folder, "in.parquet");
  const documents = ["5", 5, 'it says "so"', { n: "5" }, ""];
  const rows = documents.map((value, row) => `('${TEXTS[row]}', '${JSON.stringify(value)}'::json)`);
  await duckdb(`copy (from (values ${rows.join(",")}) t(text, document)) to '${file}' (format parquet)`);
  const argv = ["in.parquet", "--field", "text", "--keep", "document"];
  const source = await duckdb(`select document::varchar as document from '${file}'`);
  for (const output of ["out.parquet", "out.csv", "out.jsonl"]) {
    const { code, stderr } = await echoIn(folder, ...argv, "--output", output);
    expect(code, stderr).toBe(0);
    const read = `'${path.join(folder, output)}'`;
    expect(await duckdb(`select document::json::varchar as document from ${read} order by index`), output).toEqual(
      source,
    );
  }
});
