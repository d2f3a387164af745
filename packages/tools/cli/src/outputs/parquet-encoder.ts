import type { SchemaElement } from "hyparquet";
import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";
import { type Cells, cellsOf, ERROR_COLUMNS, outputText } from "./cells.ts";
import type { Encoder, TableShape } from "./encoder.ts";
import { groupedEncoder, requireVector, vectorOf } from "./grouped-encoder.ts";

/** Encoder of Parquet: vectors as LIST<FLOAT>, all other values as texts. */
export function parquetEncoder({ kind, keep }: TableShape): Encoder {
  const isVectors = kind === "embeddings";
  const bytes = new ByteWriter();
  // Statistics of vectors are useless, and cost time.
  const file = new ParquetWriter({ writer: bytes, schema: schemaOf(isVectors, keep), statistics: false });
  const take = (): Uint8Array => {
    const taken = bytes.getBytes().slice();
    bytes.index = 0;
    return taken;
  };
  return groupedEncoder({
    check: (row) => {
      if (isVectors) requireVector(row, undefined);
    },
    write: (rows) => {
      const cells = rows.map((row) => cellsOf(row, keep));
      const column = (name: string, value: (each: Cells) => unknown): ColumnSource => ({
        name,
        data: cells.map((each) => value(each)),
      });
      const [code, message, status] = ERROR_COLUMNS;
      const columnData: ColumnSource[] = [
        { name: "index", data: rows.map(({ index }) => index) },
        // The writer does not take typed arrays.
        { name: "output", data: rows.map((row) => (isVectors ? listOf(vectorOf(row)) : outputText(row))) },
        column(code, ({ errorCode }) => errorCode),
        column(message, ({ errorMessage }) => errorMessage),
        column(status, ({ errorStatus }) => errorStatus),
        ...keep.map((name, at) => column(name, ({ kept }) => kept[at])),
      ];
      void file.write({ columnData, rowGroupSize: rows.length });
      return take();
    },
    end: () => {
      void file.finish();
      return take();
    },
  });
}

function listOf(vector: Float32Array | undefined): number[] | undefined {
  return vector === undefined ? undefined : Array.from(vector);
}

function schemaOf(isVectors: boolean, keep: readonly string[]): SchemaElement[] {
  const [code, message, status] = ERROR_COLUMNS;
  return [
    { name: "root", num_children: 5 + keep.length },
    { name: "index", type: "INT32", repetition_type: "REQUIRED" },
    ...(isVectors ? VECTOR : [text("output")]),
    text(code),
    text(message),
    { name: status, type: "INT32", repetition_type: "OPTIONAL" },
    ...keep.map(text),
  ];
}

function text(name: string): SchemaElement {
  return { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" };
}

const VECTOR: readonly SchemaElement[] = [
  { name: "output", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
];
