import { writeFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { chatServer } from "./testing/chat-server.ts";
import { startChild } from "./testing/child.ts";
import { echo } from "./testing/echo.ts";
import { rowsIn, rowsOf, temporaryFolder } from "./testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
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
  const child = startChild(folder, server.baseURL, [...CHAT, "--schema", "schema.json", ...argv]);
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
    const child = startChild(folder, "http://127.0.0.1:9", [...CHAT, "--schema", "schema.json"]);
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
      const child = startChild(folder, server.baseURL, [
        ...CHAT,
        "--schema",
        "schema.json",
        "--cache",
        "kept",
        ...argv,
      ]);
      await child.ended;
      return child.said;
    };
    expect((await again("-o", "out.jsonl", "--resume")).stderr).toMatch(/got another --schema\. Nothing was sent/);
    const before = server.bodies.length;
    expect(rowsOf((await again()).stdout).map(({ output }) => output)).toEqual([GOOD, undefined, undefined, undefined]);
    expect(server.bodies).toHaveLength(before + 4);
  });
});
