import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import {
  type Data,
  Dictionary,
  Field,
  FixedSizeList,
  Int32,
  List,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Utf8,
  Utf8View,
  vectorFromArray,
} from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { openArrow } from "./inputs/arrow-records.ts";
import { openParquet } from "./inputs/parquet-records.ts";
import { temporaryFolder } from "./testing/workbench.ts";

/** Rows of a file, or the error that refuses it. More rows than a file has would never end. */
async function rowsOf(file: string, most: number): Promise<readonly unknown[] | Error> {
  const rows: unknown[] = [];
  try {
    const { records } = await openArrow(file, undefined);
    for await (const record of records) {
      rows.push("error" in record ? record.error : record.value);
      if (rows.length > most) break;
    }
    return rows;
  } catch (error) {
    return error as Error;
  }
}

/** Arrow file of one column. */
function fileOf(column: Data): Uint8Array {
  const schema = new Schema([new Field("column", column.type, true)]);
  const data = makeData({ type: new Struct(schema.fields), length: column.length, children: [column] });
  return RecordBatchFileWriter.writeAll([new RecordBatch(schema, data)]).toUint8Array(true);
}

const TEXT = new Utf8();
const BYTES = Buffer.from("abc");
const VIEWS = new Uint8Array(Int32Array.of(3, 0, 0, 0, 13, 0, 0, 99).buffer);

test.each<[what: string, column: Data]>([
  ["offsets that go back", makeData({ type: TEXT, length: 2, valueOffsets: Int32Array.of(0, 3, 2), data: BYTES })],
  [
    "an offset beyond its bytes",
    makeData({ type: TEXT, length: 2, valueOffsets: Int32Array.of(0, 9, 3), data: BYTES }),
  ],
  [
    "items beyond a list's",
    makeData({
      type: new List(new Field("item", new Int32(), true)),
      length: 1,
      valueOffsets: Int32Array.of(0, 5),
      child: makeData({ type: new Int32(), data: Int32Array.of(1) }),
    }),
  ],
  [
    "fewer items than its lists have",
    makeData({
      type: new FixedSizeList(2, new Field("item", new Int32(), true)),
      length: 1,
      child: makeData({ type: new Int32(), data: Int32Array.of(1) }),
    }),
  ],
  [
    "a view beyond its buffer",
    makeData({ type: new Utf8View(), length: 2, views: VIEWS, variadicBuffers: [Buffer.from("another letter")] }),
  ],
  [
    "an index beyond its dictionary",
    makeData({
      type: new Dictionary(TEXT, new Int32()),
      data: Int32Array.of(0, 1),
      dictionary: vectorFromArray(["a"], TEXT),
    }),
  ],
  ["fewer values than rows", makeData({ type: new Int32(), length: 3, data: Int32Array.of(1) })],
])("a column with %s is refused", async (_, column) => {
  const folder = await temporaryFolder({ "in.arrow": fileOf(column) });
  const rows = await rowsOf(path.join(folder, "in.arrow"), 3);
  expect(rows).toBeInstanceOf(ArgumentError);
  expect((rows as Error).message).toMatch(
    /^Expected a whole Arrow file or stream, got another\. It was cut short or damaged/,
  );
});

test.each<[what: string, whole: Buffer, damaged: Buffer]>([
  // Fields of Thrift: 101 rows of 64 bits, then the list of row groups.
  ["another count of rows", Buffer.of(0x16, 0xca, 0x01, 0x19), Buffer.of(0x16, 0xca, 0x02, 0x19)],
  ["more columns than it has", Buffer.from("root\x15\x02"), Buffer.from("root\x15\x08")],
])("Parquet with %s is refused", async (_, whole, damaged) => {
  const columnData = [{ name: "text", data: Array.from({ length: 101 }, (__, at) => `${at}`) }];
  const bytes = Buffer.from(parquetWriteBuffer({ columnData }));
  const at = bytes.indexOf(whole);
  expect(at).toBeGreaterThan(0);
  damaged.copy(bytes, at);
  const folder = await temporaryFolder({ "in.parquet": bytes });
  const opened = openParquet(path.join(folder, "in.parquet"), undefined, Infinity);
  await expect(opened).rejects.toThrow(/^Expected a whole Parquet file, got another/);
});
