import { InputError, ProviderError } from "@batchwise/core";
import { tableFromIPC } from "apache-arrow";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { vectorOfBase64 } from "./base64.ts";
import type { OutputFormat, TableShape } from "./encoder.ts";
import { jsonOf } from "./json.ts";
import { openEncoder } from "./open-encoder.ts";
import type { Row } from "./row.ts";

const FAILED: Row = {
  index: 1,
  kept: { id: "b" },
  outcome: { error: new ProviderError("No.", { retryable: false, status: 503 }) },
};

function vectorRow(index: number, numbers: readonly number[], kept: Row["kept"] = {}): Row {
  return { index, kept, outcome: { output: Float32Array.from(numbers) } };
}

async function encode(format: OutputFormat, rows: readonly Row[], shape: Partial<TableShape> = {}): Promise<Buffer> {
  const encoder = await openEncoder(format, { kind: "embeddings", keep: [], dimensions: undefined, ...shape });
  const chunks = [...rows.map((row) => encoder.row(row)), encoder.end()];
  return Buffer.concat(chunks.filter((chunk) => chunk !== undefined).map((chunk) => Buffer.from(chunk as Uint8Array)));
}

describe("JSON", () => {
  test("a float comes back as the same float, with no digit more than it takes", () => {
    expect(jsonOf(Float32Array.of(0.1, 8.3, -0, 1.5e-30, 16_777_216, 0.333333343))).toBe(
      "[0.1,8.3,0,1.5e-30,16777216,0.33333334]",
    );
    fc.assert(
      fc.property(fc.float32Array(), (vector) => {
        const read = Float32Array.from(JSON.parse(jsonOf(vector)) as number[]);
        const finite = vector.map((each) => (Number.isFinite(each) ? each + 0 : 0));
        expect(read).toEqual(finite);
      }),
    );
  });

  test("undefined is null; big integers and typed arrays inside are readable; a circle is an error", () => {
    expect(jsonOf(undefined)).toBe("null");
    expect(jsonOf({ a: 1n, b: Float32Array.of(0.1), c: Uint8Array.of(1) })).toBe('{"a":"1","b":[0.1],"c":[1]}');
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect(() => jsonOf(circle)).toThrow("Expected an output that JSON can hold, got another.");
  });
});

test("JSONL: a line each, the error with its code and status, followed by kept fields", async () => {
  const odd: Row = { index: 2, kept: {}, outcome: { error: new InputError("Too long.") } };
  const text = (await encode("jsonl", [vectorRow(0, [0.5], { id: "a" }), FAILED, odd])).toString();
  expect(text).toBe(
    '{"index":0,"output":[0.5],"id":"a"}\n' +
      '{"index":1,"error":{"code":"provider_error","message":"No.","status":503},"id":"b"}\n' +
      '{"index":2,"error":{"code":"invalid_input","message":"Too long."}}\n',
  );
});

test("JSONL with vectors in base64: little-endian floats, each as it was; lists that are not vectors stay lists", async () => {
  const numbers = [0.1, -0, 1.5e-45, 3.4e38, Infinity];
  const other: Row = { index: 1, kept: {}, outcome: { output: [0.1] } };
  const text = (await encode("jsonl", [vectorRow(0, numbers, { id: "a" }), other], { vectors: "base64" })).toString();
  const [first, second] = text.split("\n");
  expect(second).toBe('{"index":1,"output":[0.1]}');
  const { output, id } = JSON.parse(first ?? "") as { readonly output: string; readonly id: string };
  const bytes = Buffer.from(output, "base64");
  const read = numbers.map((_, at) => bytes.readFloatLE(at * 4));
  expect([read, bytes.length, id]).toEqual([numbers.map(Math.fround), 4 * numbers.length, "a"]);
  expect(vectorOfBase64(output)).toEqual(Float32Array.from(numbers));
});

describe("CSV", () => {
  test("scalars, a chat's text, other values as JSON, errors, and what is kept", async () => {
    const rows: Row[] = [
      { index: 0, kept: { id: 'a"', n: 3 }, outcome: { output: { text: "one,\ntwo" } } },
      FAILED,
      { index: 2, kept: {}, outcome: { output: 0 } },
      { index: 3, kept: {}, outcome: { output: [1] } },
    ];
    const text = (await encode("csv", rows, { kind: "chat", keep: ["id", "n"] })).toString();
    expect(text).toBe(
      "index,output,error_code,error_message,error_status,id,n\n" +
        '0,"one,\ntwo",,,,"a""",3\n' +
        "1,,provider_error,No.,503,b,\n" +
        "2,0,,,,,\n" +
        "3,[1],,,,,\n",
    );
  });

  test("--safe-csv: cells that a spreadsheet would run are texts, and numbers stay numbers", async () => {
    // owasp.org/www-community/attacks/CSV_Injection; the wide signs: adaltas/node-csv, `escape_formulas`.
    const formulas = [
      "=1+1",
      "+cmd|' /C calc'!A0",
      "-2+3",
      "@SUM(1)",
      "\t=1",
      "\r=1",
      "\n=1",
      "\0=1",
      "＝1",
      "－1",
      "-",
      "--5",
    ];
    // grafana/grafana#17363, adaltas/node-csv#503: negative numbers were made texts.
    const harmless = ["-5", "+1.5", "-0.10", "-1e-7", "-.5", "5-3", "a=b", "'=1", " =1", ""];
    const cells = [...formulas, ...harmless];
    const rows = cells.map((cell, index): Row => ({
      index,
      kept: { "=id": cell },
      outcome: { output: { text: cell } },
    }));
    const shape = { kind: "chat", keep: ["=id"] };
    const read = async (isSafe: boolean): Promise<string[][]> =>
      parse((await encode("csv", [...rows, FAILED], { ...shape, isSafe })).toString());
    const [header, ...safe] = await read(true);
    expect(header?.at(-1)).toBe("'=id");
    const expected = [...formulas.map((cell) => `'${cell}`), ...harmless];
    expect(safe.slice(0, -1).map(([, output, , , , id]) => [output, id])).toEqual(expected.map((cell) => [cell, cell]));
    expect((await read(false)).slice(1, -1).map(([, output]) => output)).toEqual(cells);
  });

  test("cannot hold vectors; without rows there is a header", async () => {
    await expect(encode("csv", [])).rejects.toThrow(/^Expected another format than CSV for vectors, got \.csv/);
    expect((await encode("csv", [], { kind: "chat" })).toString()).toMatch(/^index,output,/);
  });
});

describe("Parquet", () => {
  async function readBack(bytes: Buffer): Promise<Record<string, unknown>[]> {
    const file = new Uint8Array(bytes).buffer;
    return parquetReadObjects({ file: { byteLength: file.byteLength, slice: (from, to) => file.slice(from, to) } });
  }

  test("vectors as lists of floats, errors, and kept fields as text", async () => {
    const bytes = await encode("parquet", [vectorRow(0, [0.5, 1], { id: 7 }), FAILED], { keep: ["id"] });
    const [first, second] = await readBack(bytes);
    expect(first).toMatchObject({ index: 0, output: [0.5, 1], error_code: null, id: "7" });
    expect(second).toMatchObject({ index: 1, error_code: "provider_error", error_status: 503, id: "b" });
    expect(second?.["output"] ?? null).toBeNull();
  });

  test("texts for other kinds", async () => {
    const rows: Row[] = [{ index: 0, kept: {}, outcome: { output: { text: "hello" } } }];
    expect(await readBack(await encode("parquet", rows, { kind: "chat" }))).toMatchObject([{ output: "hello" }]);
  });

  test("is written in row groups, so that it is never in memory whole", async () => {
    const rows = Array.from({ length: 25_000 }, (_, index) => vectorRow(index, [index]));
    const bytes = await encode("parquet", rows);
    const { row_groups } = parquetMetadata(new Uint8Array(bytes).buffer);
    expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([10_000, 10_000, 5000]);
    expect(await readBack(bytes)).toHaveLength(25_000);
  });

  test("without rows it is a file all the same", async () => {
    expect(await readBack(await encode("parquet", []))).toEqual([]);
  });
});

describe("Arrow", () => {
  test("vectors of one length, errors as nulls, and kept fields", async () => {
    const table = tableFromIPC(await encode("arrow", [FAILED, vectorRow(2, [0.5, 1], { id: 7 })], { keep: ["id"] }));
    expect(String(table.schema.fields.find(({ name }) => name === "output")?.type)).toBe("FixedSizeList[2]<Float32>");
    expect(table.toArray().map((row) => JSON.parse(JSON.stringify(row)) as object)).toEqual([
      { index: 1, output: null, error_code: "provider_error", error_message: "No.", error_status: 503, id: "b" },
      { index: 2, output: [0.5, 1], error_code: null, error_message: null, error_status: null, id: "7" },
    ]);
  });

  test("is written in record batches", async () => {
    const rows = Array.from({ length: 25_000 }, (_, index) => vectorRow(index, [index]));
    const table = tableFromIPC(await encode("arrow", rows, { dimensions: 1 }));
    expect(table.batches.map(({ numRows }) => numRows)).toEqual([10_000, 10_000, 5000]);
    expect(table.numRows).toBe(25_000);
  });

  test("without a vector, or without rows, it is a file all the same", async () => {
    expect(tableFromIPC(await encode("arrow", [FAILED])).numRows).toBe(1);
    const empty = tableFromIPC(await encode("arrow", [], { dimensions: 3 }));
    expect(empty.numRows).toBe(0);
    expect(String(empty.schema.fields[1]?.type)).toBe("FixedSizeList[3]<Float32>");
  });

  test("a vector of another length is refused, and so is an output that is not a vector", async () => {
    const encoder = await openEncoder("arrow", { kind: "embeddings", keep: [], dimensions: 1 });
    encoder.row(vectorRow(0, [1, 2]));
    expect(() => encoder.row(vectorRow(0, [1]))).toThrow("Expected a vector of 2 numbers, got one of 1.");
    expect(() => encoder.row({ index: 0, kept: {}, outcome: { output: "a" } })).toThrow(/got another output\.$/);
    await expect(encode("arrow", [], { kind: "chat" })).rejects.toThrow(
      /^Expected vectors for an \.arrow file, got outputs of the kind chat/,
    );
  });
});
