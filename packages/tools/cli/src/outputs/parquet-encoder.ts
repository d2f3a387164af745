import type { ConvertedType, SchemaElement } from "hyparquet";
import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { ColumnKind, ColumnType, ColumnTypes } from "../columns/column-type.ts";
import { type StoredValue, storedValue } from "../columns/stored-value.ts";
import { type Cells, cellsOf, ERROR_COLUMNS, outputText } from "./cells.ts";
import type { Encoder, TableShape } from "./encoder.ts";
import { groupedEncoder, requireVector, vectorOf } from "./grouped-encoder.ts";

/** Encoder of Parquet: vectors as LIST<FLOAT>, kept columns of their type, all other values as texts. */
export function parquetEncoder({ kind, keep, properties, types = {} }: TableShape): Encoder {
  const isVectors = kind === "embeddings";
  const bytes = new ByteWriter();
  // Statistics of vectors are useless, and cost time.
  const output = isVectors ? VECTOR : properties === undefined ? [text("output")] : [];
  const schema = schemaOf(output, keep, types);
  const file = new ParquetWriter({ writer: bytes, schema, statistics: false });
  const take = (): Uint8Array => {
    const taken = bytes.getBytes().slice();
    bytes.index = 0;
    return taken;
  };
  return groupedEncoder({
    // The writer copies them several times: at four million, a run took 1 GB, and so it takes 330 MB.
    mostNumbers: 500_000,
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
        ...output.slice(0, 1).map(({ name }) => ({
          name,
          data: rows.map((row) => (isVectors ? listOf(vectorOf(row)) : outputText(row))),
        })),
        column(code, ({ errorCode }) => errorCode),
        column(message, ({ errorMessage }) => errorMessage),
        column(status, ({ errorStatus }) => errorStatus),
        ...keep.map((name, at) => column(name, ({ kept }) => typed(kept[at], types[name]))),
      ];
      void file.write({ columnData, rowGroupSize: rows.length });
      return take();
    },
    end: () => {
      // Not before: the writer would make a JSON text of the text, which has all its digits.
      for (const element of schema) if (element.logical_type?.type === "JSON") element.converted_type = "JSON";
      void file.finish();
      return take();
    },
  });
}

function listOf(vector: Float32Array | undefined): number[] | undefined {
  return vector === undefined ? undefined : Array.from(vector);
}

function typed(cell: string | undefined, type: ColumnType | undefined): StoredValue | undefined {
  return cell === undefined || type === undefined ? cell : storedValue(cell, type);
}

function schemaOf(output: readonly SchemaElement[], keep: readonly string[], types: ColumnTypes): SchemaElement[] {
  const [code, message, status] = ERROR_COLUMNS;
  return [
    { name: "root", num_children: 4 + Math.min(1, output.length) + keep.length },
    { name: "index", type: "INT32", repetition_type: "REQUIRED" },
    ...output,
    text(code),
    text(message),
    { name: status, type: "INT32", repetition_type: "OPTIONAL" },
    ...keep.map((name) => elementOf(name, types[name])),
  ];
}

function elementOf(name: string, type: ColumnType | undefined): SchemaElement {
  if (type === undefined || TEXTS.has(type.kind)) return text(name);
  if (type.kind === "json") return { ...text(name), logical_type: { type: "JSON" } };
  const { field_id: _, ...declared } = type.element;
  const element = byOlderType(declared);
  if (element.type === "INT96") return { name, type: "INT64", repetition_type: "OPTIONAL", logical_type: LOCAL_NANOS };
  return { ...element, name, repetition_type: "OPTIONAL" };
}

/** Integer of a width by the older of its two types: the writer's bytes of the newer one are no integer of a byte, as Arrow and pandas want it. */
function byOlderType(element: SchemaElement): SchemaElement {
  const { logical_type: logical, ...older } = element;
  if (logical?.type !== "INTEGER") return element;
  const name = `${logical.isSigned ? "" : "U"}INT_${logical.bitWidth}` as ConvertedType;
  return { ...older, converted_type: name };
}

const TEXTS: ReadonlySet<ColumnKind> = new Set(["text", "nested", "opaque"]);
const LOCAL_NANOS = { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "NANOS" } as const;

function text(name: string): SchemaElement {
  return { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" };
}

const VECTOR: readonly SchemaElement[] = [
  { name: "output", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
];
