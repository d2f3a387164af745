import { readFile, writeFile } from "node:fs/promises";
import { tableFromIPC } from "apache-arrow";
import { describe, expect, test, vi } from "vitest";
import { chatServer } from "./testing/chat-server.ts";
import { duckdb } from "./testing/duckdb.ts";
import { echo } from "./testing/echo.ts";
import { runHere } from "./testing/run-here.ts";
import { rowsIn, rowsOf, temporaryFolder } from "./testing/workbench.ts";

// A safeguard, not a measure, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    label: { enum: ["good", "bad"] },
    score: { type: "number" },
    stars: { type: "integer", minimum: 1 },
    sure: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    // pnthn-ai/polar_llama#44: an optional field as pydantic writes it.
    note: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
    by: { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false },
  },
  required: ["label", "score", "stars", "sure", "tags", "by"],
};

const GOOD = { label: "good", score: 0.5, stars: 5, sure: true, tags: ["a", "b"], note: null, by: { name: "Ann" } };
const BAD = { label: "bad", score: -1, stars: 1, sure: false, tags: [], note: "so, so", by: { name: "Bob" } };

/** Answers of the server by the input's text. */
const ANSWERS: Readonly<Record<string, string>> = {
  good: JSON.stringify(GOOD),
  bad: JSON.stringify(BAD),
  wrong: JSON.stringify({ ...GOOD, stars: 0 }),
  none: "I cannot say.",
};

const INPUT = "id,text\n1,good\n2,bad\n3,wrong\n4,none\n";
const CHAT = ["run", "@batchwise/openai#chat", "in.csv", "--field", "text", "--set", "model=m", "--attempts", "1"];

async function ran(schema: object, ...argv: readonly string[]) {
  const server = await chatServer(({ messages }) => ANSWERS[messages.at(-1)?.content ?? ""] ?? "{}");
  const folder = await temporaryFolder({ "in.csv": INPUT, "schema.json": JSON.stringify(schema) });
  const child = runHere(folder, server.baseURL, [...CHAT, "--schema", "schema.json", ...argv]);
  const code = await child.ended;
  return { code, folder, server, ...child.said };
}

describe("values, not texts: --schema schema.json", () => {
  test("JSONL has the object as its output; an answer that the schema refuses fails its row", async () => {
    const { code, stdout, stderr } = await ran(SCHEMA);
    expect(code, stderr).toBe(1);
    const rows = rowsOf(stdout);
    expect(rows.map(({ output }) => output)).toEqual([GOOD, BAD, undefined, undefined]);
    expect(rows.slice(2).map(({ error }) => [error?.code, error?.message])).toEqual([
      ["invalid_result", expect.stringMatching(/stars: must be >= 1/)],
      ["invalid_result", expect.stringMatching(/Expected JSON from the model/)],
    ]);
  });

  const COLUMNS = "index,error_code,error_message,error_status,label,score,stars,sure,tags,note,by,id";

  test("CSV has a column for each property, before what is kept", async () => {
    const { code, folder, stderr } = await ran(SCHEMA, "--keep", "id", "-o", "out.csv");
    expect(code, stderr).toBe(1);
    const [head, ...rows] = (await readFile(`${folder}/out.csv`, "utf8")).split("\n");
    expect(head).toBe(COLUMNS);
    expect(rows.slice(0, 2)).toEqual([
      '0,,,,good,0.5,5,true,"[""a"",""b""]",,"{""name"":""Ann""}",1',
      '1,,,,bad,-1,1,false,[],"so, so","{""name"":""Bob""}",2',
    ]);
    expect(rows[2]).toMatch(/^2,invalid_result,"Expected an output that the schema takes.*",,,,,,,,,3$/);
  });

  const TYPED = [
    {
      index: 0,
      label: "good",
      score: 0.5,
      stars: "5",
      sure: true,
      tags: '["a","b"]',
      note: null,
      by: '{"name":"Ann"}',
      id: "1",
    },
    {
      index: 1,
      label: "bad",
      score: -1,
      stars: "1",
      sure: false,
      tags: "[]",
      note: "so, so",
      by: '{"name":"Bob"}',
      id: "2",
    },
  ];

  test("Parquet has typed columns, as DuckDB reads them", async () => {
    const { folder } = await ran(SCHEMA, "--keep", "id", "-o", "out.parquet");
    const file = `'${folder}/out.parquet'`;
    const types = await duckdb(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${file})`);
    expect(types.map(({ column_type: type }) => type)).toEqual([
      "INTEGER",
      "VARCHAR",
      "VARCHAR",
      "INTEGER",
      "VARCHAR",
      "DOUBLE",
      "BIGINT",
      "BOOLEAN",
      "VARCHAR",
      "VARCHAR",
      "VARCHAR",
      "VARCHAR",
    ]);
    expect(types.map(({ column_name: name }) => name).join()).toBe(COLUMNS);
    expect(await duckdb(`SELECT * EXCLUDE (error_code, error_message, error_status) FROM ${file} LIMIT 2`)).toEqual(
      TYPED,
    );
    expect(await duckdb(`SELECT sum(stars)::INT AS stars, avg(score) AS score FROM ${file}`)).toEqual([
      { stars: 6, score: -0.25 },
    ]);
  });

  test("Arrow has typed columns, too", async () => {
    const { folder } = await ran(SCHEMA, "--keep", "id", "-o", "out.arrow");
    const table = tableFromIPC(await readFile(`${folder}/out.arrow`));
    expect(table.schema.fields.map(({ name, type }) => `${name}: ${type}`).join()).toBe(
      "index: Int32,error_code: Utf8,error_message: Utf8,error_status: Int32,label: Utf8,score: Float64,stars: Int64,sure: Bool,tags: Utf8,note: Utf8,by: Utf8,id: Utf8",
    );
    const rows = table
      .toArray()
      .slice(0, 2)
      .map((row: { toJSON(): Record<string, unknown> }) => row.toJSON());
    expect(rows).toEqual(
      TYPED.map((row) =>
        Object.assign({ error_code: null, error_message: null, error_status: null }, row, { stars: BigInt(row.stars) }),
      ),
    );
    expect(table.get(2)?.toJSON()).toMatchObject({ error_code: "invalid_result", stars: null, label: null });
  });

  test.each(["csv", "parquet", "arrow"])(
    "--retry-failed makes %s again, with the values that were there",
    async (format) => {
      const answers: Record<string, string> = { ...ANSWERS };
      const server = await chatServer(({ messages }) => answers[messages.at(-1)?.content ?? ""] ?? "{}");
      const folder = await temporaryFolder({ "in.csv": INPUT, "schema.json": JSON.stringify(SCHEMA) });
      const argv = [...CHAT, "--schema", "schema.json", "--keep", "id", "-o", `out.${format}`];
      expect(await runHere(folder, server.baseURL, argv).ended).toBe(1);
      answers["wrong"] = JSON.stringify({ ...GOOD, stars: 9_007_199_254_740_991 });
      const again = runHere(folder, server.baseURL, [...argv, "--retry-failed"]);
      expect(await again.ended, again.said.stderr).toBe(1);
      const file = `${folder}/out.${format}`;
      const rows =
        format === "arrow"
          ? tableFromIPC(await readFile(file))
              .toArray()
              .map((row) => Object.assign(row.toJSON(), { stars: String(row.stars) }))
          : await duckdb(`SELECT * REPLACE (stars::VARCHAR AS stars) FROM '${file}'`);
      expect(rows.map(({ label, score, stars }) => [label, score, stars]).slice(0, 3)).toEqual([
        ["good", 0.5, "5"],
        ["bad", -1, "1"],
        ["good", 0.5, "9007199254740991"],
      ]);
      expect(rows[3]).toMatchObject({ error_code: "invalid_result" });
    },
  );

  // earendil-works/pi#8943: an id of 64 bits in an answer has other digits once it is a number of JavaScript.
  test.each([
    [
      "1e30",
      "Expected `stars` to be an integer of at most 53 bits, got another number. Make it a string in the schema.",
    ],
    [
      "9007199254740993",
      "Expected numbers that JavaScript reads as they are written, got an integer beyond 2^53. " +
        "Ask for a string in its place, in the schema and in the prompt.",
    ],
  ])("P54 an integer of other digits than the answer's fails its row: %s", async (stars, said) => {
    const server = await chatServer(() => `{"stars":${stars}}`);
    const schema = { type: "object", properties: { stars: { type: "integer" } }, required: ["stars"] };
    const folder = await temporaryFolder({ "in.csv": INPUT, "schema.json": JSON.stringify(schema) });
    const child = runHere(folder, server.baseURL, [...CHAT, "--schema", "schema.json", "-o", "out.parquet"]);
    expect(await child.ended, child.said.stderr).toBe(1);
    expect(await duckdb(`SELECT DISTINCT error_message AS said FROM '${folder}/out.parquet'`)).toEqual([{ said }]);
  });

  test.each<[string, object, string[], RegExp]>([
    ["without properties", { type: "object" }, [], /Expected --schema to have properties for the columns of a table/],
    ["with a property of the table's own", { type: "object", properties: { index: {} } }, [], /got index\. Rename it/],
    [
      "with a property that is kept",
      { type: "object", properties: { id: {} } },
      ["--keep", "id"],
      /Expected --keep to name none of .*, got id/,
    ],
  ])("a schema %s is refused for a table", async (_, schema, flags, message) => {
    const { code, stderr, server } = await ran(schema, ...flags, "-o", "out.csv");
    expect([code, server.bodies]).toEqual([2, []]);
    expect(stderr).toMatch(message);
  });

  // vercel/ai#2591, 0xPlaygrounds/rig#1089: OpenAI takes a schema only where every property is required.
  test("the model is held to it on the wire, where a property that may be left out is null", async () => {
    const schema = { type: "object", properties: { a: { type: "string" }, b: { type: "integer" } }, required: ["a"] };
    const { server } = await ran(schema, "--limit", "1");
    expect(server.bodies[0]?.["response_format"]).toMatchObject({
      type: "json_schema",
      json_schema: {
        strict: true,
        schema: {
          properties: { a: { type: "string" }, b: { anyOf: [{ type: "integer" }, { type: "null" }] } },
          required: ["a", "b"],
          additionalProperties: false,
        },
      },
    });
  });

  test("a property that may be left out is taken as null, and also left out", async () => {
    const schema = {
      type: "object",
      properties: { stars: { type: "integer" }, note: { type: "string" }, more: {} },
      required: ["stars"],
    };
    const { code, stdout, stderr } = await ran(schema, "--limit", "2");
    expect(code, stderr).toBe(0);
    expect(rowsOf(stdout).map(({ output }) => output)).toEqual([GOOD, BAD]);
  });

  test.each<[string, string, RegExp]>([
    ["no JSON", "{", /Expected --schema schema\.json to be a JSON Schema, got another text/],
    [
      "no schema",
      '{"type":"objekt"}',
      /Expected --schema to be a JSON Schema of draft 2020-12 or draft-07, got another: schema is invalid/,
    ],
    [
      "a schema that cannot be sent",
      '{"type":"array"}',
      /Expected --schema to be one that @batchwise\/openai#chat can send, got another: Root schema must have type/,
    ],
  ])("%s is refused before anything is sent", async (_, text, message) => {
    const folder = await temporaryFolder({ "in.csv": INPUT, "schema.json": text });
    const child = runHere(folder, "http://127.0.0.1:9", [...CHAT, "--schema", "schema.json"]);
    expect(await child.ended).toBe(2);
    expect(child.said.stderr).toMatch(message);
  });

  test("an adapter that makes no values is refused", async () => {
    const { code, stderr } = await echo(
      { "in.csv": INPUT, "schema.json": "{}" },
      "in.csv",
      "--field",
      "text",
      "--schema",
      "schema.json",
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/Expected acme-echo to make values of answers for --schema/);
  });

  test("another schema is refused by --resume, and not answered from a cache", async () => {
    const { folder, server } = await ran(SCHEMA, "-o", "out.jsonl", "--cache", "kept");
    expect(await rowsIn(folder)).toHaveLength(4);
    const other = { ...SCHEMA, properties: { ...SCHEMA.properties, stars: { type: "integer", minimum: 2 } } };
    const again = async (...argv: string[]) => {
      await writeFile(`${folder}/schema.json`, JSON.stringify(other));
      const child = runHere(folder, server.baseURL, [...CHAT, "--schema", "schema.json", "--cache", "kept", ...argv]);
      await child.ended;
      return child.said;
    };
    expect((await again("-o", "out.jsonl", "--resume")).stderr).toMatch(/got another --schema\. Nothing was sent/);
    const before = server.bodies.length;
    expect(rowsOf((await again()).stdout).map(({ output }) => output)).toEqual([GOOD, undefined, undefined, undefined]);
    expect(server.bodies).toHaveLength(before + 4);
  });
});
