import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type RecordBatch, tableFromIPC } from "apache-arrow";
import { expect, test, vi } from "vitest";
import { runHere } from "./testing/run-here.ts";
import { duckdb } from "./testing/duckdb.ts";
import { pluginFolder } from "./testing/plugin.ts";

// A safeguard, not a measure: machines may be busy.
vi.setConfig({ testTimeout: 120_000 });

/** Adapters of texts and of vectors, of which one input fails while MOOD is bad. */
const ADAPTERS = `
import { InputError, runnable } from "@batchwise/core";
const adapter = (name, kind, answer) => ({
  name, kind, description: "Answers.", options: { type: "object", properties: {} },
  create: () => runnable(async (text) => {
    if (process.env.MOOD === "bad" && text === "text 1") throw new InputError("Bad.");
    return answer(text);
  }),
});
export const adapters = [adapter("chat", "chat", (text) => text), adapter("vectors", "embeddings", (text) => Float32Array.of(text.length))];
`;

/** Columns by the type that they have in DuckDB, with values that a number or a Date of JavaScript does not hold. */
const COLUMNS: Readonly<Record<string, string>> = {
  // aloneguid/parquet-dotnet#389, apache/arrow#22411: ids of 64 bits, of either sign.
  big: "9223372036854775807 - i",
  low: "-9223372036854775807 + i",
  unsigned: "(18446744073709551615 - i)::ubigint",
  tiny: "case when i = 1 then null else (i - 3)::tinyint end",
  price: "(12345678901234567.89 + i)::decimal(19,2)",
  debt: "(-0.10 * i)::decimal(4,2)",
  wide: "(12345678901234567890.0123456789 - 2 * i)::decimal(38,10)",
  nanos: "make_timestamp_ns(1700000000123456789 + i)",
  old: "make_timestamp_ns(-1 - i)",
  micros: "timestamp '2024-02-29 12:00:00.123456' + i * interval 1 microsecond",
  zoned: "timestamptz '1969-12-31 23:59:59.9+00'",
  infinite: "'infinity'::timestamp",
  day: "date '1969-12-31' - i::int",
  // A time of a day, in microseconds since midnight (apache/parquet-format, LogicalTypes.md, TIME).
  clock: "time '23:59:59.123456' - i * interval 1 hour",
  flag: "i % 2 = 0",
  half: "(0.1 * i)::float",
  double: "0.1::double + i",
  nan: "case when i = 0 then 'nan'::double else '-inf'::double end",
  id: "uuid '123e4567-e89b-12d3-a456-426614174000'",
  document: `'{"n":12345678901234567890}'::json`,
  name: `'a "quoted" name'`,
};
const NAMES = Object.keys(COLUMNS);
const BYTES = "unhex('ff00') || i::varchar::blob";

interface Kept {
  readonly folder: string;
  readonly run: (...argv: readonly string[]) => Promise<{ readonly code: unknown; readonly stderr: string }>;
  readonly sql: (statement: string) => ReturnType<typeof duckdb>;
}

async function kept(more: Readonly<Record<string, string>> = {}): Promise<Kept> {
  const folder = await pluginFolder("acme", ADAPTERS);
  const columns = Object.entries({ ...COLUMNS, ...more }).map(([name, value]) => `${value} as ${name}`);
  const sql = (statement: string): ReturnType<typeof duckdb> =>
    duckdb(`set file_search_path = '${folder}'`, "set timezone = 'UTC'", statement);
  await sql(
    `copy (select 'text ' || i as text, ${columns.join(", ")} from range(4) r(i)) to '${folder}/in.parquet' (format parquet)`,
  );
  return {
    folder,
    sql,
    run: async (...argv) => {
      const child = runHere(folder, "", ["run", ...argv]);
      const code = await child.ended;
      return { code, stderr: child.said.stderr };
    },
  };
}

/** Table of the values of JSONL, with numbers as they are written: DuckDB's reader would round them. */
function values(jsonl: string, names: readonly string[]): string {
  const rows = jsonl.split("\n").slice(0, -1);
  const written = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" ? context?.source : value;
  const cells = rows.map((row) => {
    const fields = JSON.parse(row, written) as Readonly<Record<string, string | boolean | null>>;
    return names.map((name) => (fields[name] === null ? "null" : `'${String(fields[name])}'`)).join(",");
  });
  return `(values ${cells.map((each) => `(${each})`).join(",")}) as t(${names.join(",")})`;
}

const FROM = ["in.parquet", "--field", "text", "--keep"];

test("a kept column is the same column in Parquet, by DuckDB, also where rows were done again", async () => {
  const { run, sql } = await kept({ bytes: BYTES });
  const keep = [...NAMES, "bytes"].join(",");
  const argv = ["acme#chat", ...FROM, keep, "--output", "out.parquet"];
  vi.stubEnv("MOOD", "bad");
  expect(await run(...argv)).toEqual({ code: 1, stderr: expect.any(String) as string });
  vi.unstubAllEnvs();
  expect(await run(...argv, "--retry-failed")).toEqual({ code: 0, stderr: expect.any(String) as string });
  const described = (file: string): string =>
    `select column_name, column_type from (describe select ${keep} from '${file}')`;
  expect(await sql(described("out.parquet"))).toEqual(await sql(described("in.parquet")));
  const table = (file: string): string => `select output, ${keep} from '${file}'`;
  const input = `select text as output, ${keep} from 'in.parquet'`;
  expect(await sql(`select count(*)::int as n from (${table("out.parquet")})`)).toEqual([{ n: 4 }]);
  expect(await sql(`${input} except ${table("out.parquet")}`)).toEqual([]);
  expect(await sql(`${table("out.parquet")} except ${input}`)).toEqual([]);
});

test.each(["jsonl", "csv"])("a kept column has all its digits in %s, by DuckDB", async (format) => {
  const { run, sql, folder } = await kept();
  const argv = ["acme#chat", ...FROM, NAMES.join(","), "--output", `out.${format}`];
  vi.stubEnv("MOOD", "bad");
  expect(await run(...argv)).toEqual({ code: 1, stderr: expect.any(String) as string });
  vi.unstubAllEnvs();
  expect(await run(...argv, "--retry-failed")).toEqual({ code: 0, stderr: expect.any(String) as string });
  // Infinity has no date; the rest is read as text, and cast to the type of the input.
  const names = NAMES.filter((name) => name !== "infinite" && name !== "document");
  const types = await sql(
    `select column_name, column_type from (describe select ${names.join(",")} from 'in.parquet')`,
  );
  const casts = types.map((each) => `${String(each["column_name"])}::${String(each["column_type"])}`).join(",");
  const text = await readFile(path.join(folder, `out.${format}`), "utf8");
  const table = format === "jsonl" ? values(text, ["output", ...names]) : "read_csv('out.csv', all_varchar = true)";
  const output = `select output, ${casts} from ${table}`;
  const input = `select text, ${names.join(",")} from 'in.parquet'`;
  expect(await sql(`select count(*)::int as n from (${output})`)).toEqual([{ n: 4 }]);
  expect(await sql(`${input} except ${output}`)).toEqual([]);
  expect(text).toContain(
    format === "jsonl"
      ? '"low":-9223372036854775806,"unsigned":18446744073709551614,"tiny":null,"price":12345678901234568.89,"debt":-0.10,'
      : "-9223372036854775806,18446744073709551614,,12345678901234568.89,-0.10,",
  );
});

test("a kept column has its type and its digits in Arrow, by Arrow's own reader", async () => {
  const { run, sql, folder } = await kept({
    bytes: BYTES,
    tree: "{a: [0.10::decimal(4,2) * i, null]}",
    minus: "-0.0::double",
  });
  const argv = ["acme#vectors", ...FROM, [...NAMES, "bytes", "tree", "minus"].join(","), "--output", "out.arrow"];
  vi.stubEnv("MOOD", "bad");
  expect(await run(...argv)).toEqual({ code: 1, stderr: expect.any(String) as string });
  vi.unstubAllEnvs();
  expect(await run(...argv, "--retry-failed")).toEqual({ code: 0, stderr: expect.any(String) as string });
  const table = tableFromIPC(await readFile(path.join(folder, "out.arrow")));
  const types = Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)]));
  expect(types).toMatchObject({
    big: "Int64",
    unsigned: "Uint64",
    tiny: "Int8",
    price: "Decimal[19e+2]",
    wide: "Decimal[38e+10]",
    nanos: "Timestamp<NANOSECOND>",
    micros: "Timestamp<MICROSECOND>",
    zoned: "Timestamp<MICROSECOND, UTC>",
    day: "Date32<DAY>",
    clock: "Time64<MICROSECOND>",
    flag: "Bool",
    half: "Float32",
    double: "Float64",
    id: "Utf8",
    bytes: "Binary",
  });
  const [batch] = table.batches;
  const stored = (name: string): unknown[] => [...((batch as RecordBatch).getChild(name)?.data[0]?.values ?? [])];
  const [first] = await sql(
    "select epoch_ns(nanos)::varchar as nanos, epoch_ns(old)::varchar as old, epoch_us(micros)::varchar as micros from 'in.parquet'",
  );
  expect([stored("nanos")[0], stored("old")[0], stored("micros")[0]].map(String)).toEqual(Object.values(first ?? {}));
  expect(stored("big")).toEqual([0n, 1n, 2n, 3n].map((at) => 9223372036854775807n - at));
  expect(stored("unsigned")).toEqual([0n, 1n, 2n, 3n].map((at) => 18446744073709551615n - at));
  expect(batch?.getChild("tree")?.toJSON()).toEqual([0, 1, 2, 3].map((at) => `{"a":[0.${at}0,null]}`));
  expect(stored("minus")).toEqual([-0, -0, -0, -0]);
  expect(batch?.getChild("tiny")?.toJSON()).toEqual([-3, null, -1, 0]);
  expect(stored("day")).toEqual([-1, -2, -3, -4]);
  expect(batch?.getChild("bytes")?.get(1)).toEqual(Uint8Array.of(0xff, 0, 0x31));
  const words = stored("debt") as number[];
  expect(
    BigInt.asIntN(
      128,
      BigInt.asUintN(64, BigInt(words[4] ?? 0)) |
        (BigInt(words[5] ?? 0) << 32n) |
        (BigInt(words[6] ?? 0) << 64n) |
        (BigInt(words[7] ?? 0) << 96n),
    ),
  ).toBe(-10n);
});

// dask/fastparquet#917, apache/paimon#9364: what is in lists and structs is changed without a word.
test("values in lists, objects and maps have their own type's text, and nulls are kept", async () => {
  const { run, folder } = await kept({
    extra: `{
      prices: [0.10::decimal(4,2), null], nan: ['nan'::double, -0.0::double], half: [0.1::float], none: null::int,
      ids: [9223372036854775807], moment: [timestamp '2024-02-29 12:00:00.5'], zoned: timestamptz '1969-12-31 23:59:59.9+00',
      clock: [time '23:59:59.123456'], pairs: [[1, null], []], nest: [{name: 'a', tags: null::varchar[]}],
      map: map {'a': 0.50::decimal(4,2), 'b': null}
    }`,
    absent: "null::int[]",
  });
  expect(await run("acme#chat", ...FROM, "extra,absent", "--output", "out.jsonl")).toMatchObject({ code: 0 });
  const [row] = (await readFile(path.join(folder, "out.jsonl"), "utf8")).split("\n");
  expect(row).toBe(
    `{"index":0,"output":"text 0","extra":{"prices":[0.10,null],"nan":["NaN",-0],"half":[0.1],"none":null,` +
      `"ids":[9223372036854775807],"moment":["2024-02-29T12:00:00.500000"],"zoned":"1969-12-31T23:59:59.900000Z",` +
      `"clock":["23:59:59.123456"],"pairs":[[1,null],[]],"nest":[{"name":"a","tags":null}],` +
      `"map":{"a":0.50,"b":null}},"absent":null}`,
  );
});

// apache/parquet-format, parquet.thrift: the width of an IntType is an integer of one byte. Arrow, and pandas with it, read no
// file where it is a longer one; DuckDB does (kin: apache/arrow#35797).
test("integers of a width are declared in Parquet as all readers know them", async () => {
  const { run, sql } = await kept({ small: "i::smallint", wide: "i::uinteger" });
  await run("acme#chat", ...FROM, "tiny,small,wide,unsigned,big", "--output", "out.parquet");
  const declared = await sql(
    "select name, converted_type, logical_type from parquet_schema('out.parquet') where name in ('tiny','small','wide','unsigned','big')",
  );
  expect(declared).toEqual([
    { name: "tiny", converted_type: "INT_8", logical_type: null },
    { name: "small", converted_type: "INT_16", logical_type: null },
    { name: "wide", converted_type: "UINT_32", logical_type: null },
    { name: "unsigned", converted_type: "UINT_64", logical_type: null },
    { name: "big", converted_type: "INT_64", logical_type: null },
  ]);
});

test.each([
  ["bytes", BYTES, "out.jsonl", /got extra, a column of bytes\. Nothing was sent\. Write \.parquet or \.arrow/],
  ["bytes", BYTES, "out.csv", /got extra, a column of bytes/],
  [
    "intervals",
    "interval 1 day",
    "out.parquet",
    /got extra, a column of intervals\. Nothing was sent\. Cast it to text/,
  ],
  ["a list of bytes", `[${BYTES}]`, "out.parquet", /a column of lists or objects of bytes or intervals/],
  [
    "an object of intervals",
    "{a: [interval 1 day]}",
    "out.jsonl",
    /a column of lists or objects of bytes or intervals/,
  ],
])(
  "a kept column of %s is refused where the output has none, before anything is sent",
  async (_, value, output, message) => {
    const { run, folder } = await kept({ extra: value });
    const { code, stderr } = await run("acme#chat", ...FROM, "extra", "--output", output);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect((await readdir(folder)).filter((name) => name.startsWith("out"))).toEqual([]);
  },
);

// pandas-dev/pandas#22610, questdb/questdb#7191: texts that were cut within an emoji. UTF-8 has no half of a character.
test.each(["csv", "parquet"])(
  "a kept text with half a character is not changed in %s: its row says so",
  async (format) => {
    const { run, sql, folder } = await kept();
    const rows = [
      { id: "1", text: "a", note: "whole \u{1F600}" },
      { id: "2", text: "b", note: "half \uD83D" },
      { id: "3", text: "c \uDE00", note: "none" },
    ];
    const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    await writeFile(path.join(folder, "in.jsonl"), jsonl);
    const argv = ["acme#chat", "in.jsonl", "--field", "text", "--keep", "id,note", "--output"];
    expect(await run(...argv, `out.${format}`)).toMatchObject({ code: 1 });
    expect(await sql(`select id, note, error_message from 'out.${format}' order by index`)).toEqual([
      { id: expect.anything() as unknown, note: "whole \u{1F600}", error_message: null },
      {
        id: expect.anything() as unknown,
        note: null,
        error_message:
          "Expected line 2 to have whole characters in the kept field note, got a half (an unpaired surrogate). Write .jsonl, or do not keep it.",
      },
      { id: expect.anything() as unknown, note: "none", error_message: null },
    ]);
    expect(await run(...argv, "out.jsonl")).toMatchObject({ code: 0 });
    expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toContain(String.raw`"note":"half \ud83d"`);
  },
);
