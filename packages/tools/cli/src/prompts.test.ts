import { readFile } from "node:fs/promises";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test, vi } from "vitest";
import { columnsRead } from "./inputs/kept.ts";
import { chatServer } from "./testing/chat-server.ts";
import { startChild } from "./testing/child.ts";
import { duckdb } from "./testing/duckdb.ts";
import { echo, echoFolder, echoIn } from "./testing/echo.ts";
import { rowsOf, temporaryFolder } from "./testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const CSV = "id,text,name\n1,Good.,Ann\n2,Bad.,Bob\n";
const CLASSIFY = ["--prompt", "Classify {text} for {name}"];
const CHAT = ["run", "@batchwise/openai#chat", "--set", "model=m", "--quiet"];

describe('classify, extract, translate a column: --prompt "Classify {text} for {name}"', () => {
  test("of a table, of lines of JSON, and of Parquet", async () => {
    const jsonl = '{"text":"Good.","name":"Ann"}\n{"text":"Bad.","name":"Bob","id":2}\n';
    const columnData = [
      { name: "text", data: ["Good.", "Bad."], type: "STRING" as const },
      { name: "id", data: [1n, 2n], type: "INT64" as const },
      { name: "name", data: ["Ann", "Bob"], type: "STRING" as const },
    ];
    const parquet = new Uint8Array(parquetWriteBuffer({ columnData }));
    for (const [name, content] of [
      ["in.csv", CSV],
      ["in.jsonl", jsonl],
      ["in.parquet", parquet],
    ] as const) {
      const { code, texts, stderr } = await echo({ [name]: content }, name, ...CLASSIFY);
      expect({ code, texts }, stderr).toEqual({ code: 0, texts: ["Classify Good. for Ann", "Classify Bad. for Bob"] });
    }
  });

  test("of fields within columns of Parquet, of which no others are read", async () => {
    const folder = await echoFolder({});
    await duckdb(
      `COPY (SELECT {'name': 'Ann', 'age': 40} AS user, [{'t': 'x'}] AS list, 'never' AS other) TO '${folder}/in.parquet'`,
    );
    const argv = ["in.parquet", "--prompt", "{user.name}: {list.0.t}", "--keep", "user.age"];
    const { rows, stderr } = await echoIn(folder, ...argv);
    expect(rows, stderr).toEqual([{ index: 0, output: "Ann: x", "user.age": 40 }]);
    expect(columnsRead(["user", "list", "other"], ["user.name", "list.0.t", "user.age"])).toEqual(["user", "list"]);
  });

  test("from a template file of several lines, without the line end at its end", async () => {
    const files = { "in.csv": CSV, "prompt.txt": "\uFEFFText: {text}\r\nName: {name}\r\n" };
    const { texts } = await echo(files, "in.csv", "--prompt-file", "prompt.txt");
    expect(texts).toEqual(["Text: Good.\r\nName: Ann", "Text: Bad.\r\nName: Bob"]);
  });

  test("lines of text, each as {text}", async () => {
    expect((await echo({ "in.txt": "a\nb\n" }, "in.txt", "--prompt", "Translate: {text}")).texts).toEqual([
      "Translate: a",
      "Translate: b",
    ]);
  });

  test.each<[string, string, string, unknown]>([
    ["a nested field", '{"user":{"name":"Ann"}}', "For {user.name}", "For Ann"],
    ["a nested field of a list", '{"users":[{"name":"Ann"}]}', "For {users.0.name}", "For Ann"],
    ["a name with dots of its own", '{"user.name":"Ann","user":{"name":"Bob"}}', "For { user.name }", "For Ann"],
    ["braces", '{"a":"x"}', '{{"label": "{a}"}} {{{a}}}', '{"label": "x"} {x}'],
    ["a field with braces in it", '{"a":"{b} }} $&"}', "{a}", "{b} }} $&"],
    [
      "numbers, digit for digit",
      '{"a":12345678901234567890,"b":1.5,"c":true}',
      "{a} {b} {c}",
      "12345678901234567890 1.5 true",
    ],
    ["an object and a list", '{"a":{"b":[1,"x"]}}', "{a}: {a.b}", '{"b":[1,"x"]}: [1,"x"]'],
    ["an empty text", '{"a":"","b":"x"}', "{a}{b}", "x"],
  ])("with %s", async (_, line, prompt, text) => {
    const { texts, stderr } = await echo({ "in.jsonl": `${line}\n` }, "in.jsonl", "--prompt", prompt);
    expect(texts, stderr).toEqual([text]);
  });

  test("a column that a record lacks fails that row alone, by its name", async () => {
    const lines = ['{"text":"a","name":"Ann"}', '{"text":"secret"}', '{"text":"c","name":null}', '"d"'];
    const { code, texts } = await echo({ "in.jsonl": `${lines.join("\n")}\n` }, "in.jsonl", ...CLASSIFY);
    expect(code).toBe(1);
    expect(texts).toEqual([
      "Classify a for Ann",
      "Expected line 2 to have a value in the field name, got nothing.",
      "Expected line 3 to have a value in the field name, got null.",
      "Expected line 4 to have a value in the field name, got nothing.",
    ]);
  });

  test.each<[string, string, string[], RegExp]>([
    [
      "that the table does not have",
      "in.csv",
      ["--prompt", "{text} {nmae}"],
      /Expected a column nmae in the input, got: id, text, name\. Write \{\{/,
    ],
    [
      "that no record of the head has",
      "in.jsonl",
      ["--prompt", "{text} {nmae}"],
      /Expected a column nmae in the input, got: text, id\./,
    ],
    // langchain-ai/langchain#1660, langchain-ai/langchain#1914: an example in JSON is no placeholder.
    [
      "that is an example in JSON",
      "in.csv",
      ["--prompt", '{text}: {"label": "x"}'],
      /Expected a column "label": "x" in the input.*Write \{\{ and \}\} for braces/,
    ],
    // langchain-ai/langchainjs#5308, langfuse/langfuse#14721.
    ["without its end", "in.csv", ["--prompt", "{text} }"], /got a } without its \{ at line 1, character 8\./],
    [
      "without a name",
      "in.csv",
      ["--prompt", "{text}\n{}"],
      /between \{ and \} in --prompt, got none at line 2, character 1/,
    ],
    [
      "that is not there at all",
      "in.csv",
      ["--prompt", "Classify"],
      /Expected --prompt to name a column in braces, got none/,
    ],
    [
      "and another that is the input",
      "in.csv",
      ["--field", "text", ...CLASSIFY],
      /Expected --field or --prompt, got both/,
    ],
    [
      "of a file that is not there",
      "in.csv",
      ["--prompt-file", "no.txt"],
      /Expected --prompt-file no\.txt to be readable, got no such file/,
    ],
  ])("a column %s is refused before anything is sent", async (_, name, flags, message) => {
    const files = { "in.csv": CSV, "in.jsonl": '{"text":"a","id":1}\n'.repeat(200) };
    const { code, texts, stderr } = await echo(files, name, ...flags);
    expect({ code, texts }, stderr).toEqual({ code: 2, texts: [] });
    expect(stderr).toMatch(message);
  });

  test("another prompt is refused by --resume, also where it lies in the same file", async () => {
    // A row has failed: what the run was begun with stays beside its output.
    const kept = await echoFolder({
      "in.jsonl": '{"text":"a"}\nnope\n',
      "prompt.txt": "A {text}\n",
      "other/prompt.txt": "B {text}\n",
    });
    const out = ["in.jsonl", "-o", "out.jsonl"];
    expect((await echoIn(kept, ...out, "--prompt-file", "prompt.txt")).code).toBe(1);
    const other = await echoIn(kept, ...out, "--prompt-file", "other/prompt.txt", "--resume");
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/got another --prompt\. Nothing was sent/);
    expect((await echoIn(kept, ...out, "--prompt", "A {text}", "--resume")).code).toBe(1);
  });
});

describe("--system", () => {
  test("is sent before each prompt, from a text or a file", async () => {
    const server = await chatServer();
    const folder = await temporaryFolder({ "in.csv": CSV, "system.txt": "Answer in one word.\n" });
    for (const system of [
      ["--system", "Answer in one word."],
      ["--system-file", "system.txt"],
    ]) {
      const child = startChild(folder, server.baseURL, [...CHAT, "in.csv", ...CLASSIFY, ...system]);
      expect(await child.ended, child.said.stderr).toBe(0);
    }
    expect(server.bodies).toHaveLength(4);
    for (const { messages } of server.bodies) {
      expect(messages).toEqual([
        { role: "system", content: "Answer in one word." },
        { role: "user", content: expect.stringMatching(/^Classify (Good|Bad)\. for (Ann|Bob)$/) as string },
      ]);
    }
  });

  test.each<[string, string[], RegExp]>([
    [
      "with --set instructions",
      [...CHAT.slice(1), "--set", "instructions=x"],
      /Expected --system or --set instructions, got both/,
    ],
    [
      "of an adapter that has none",
      ["@batchwise/openai#embeddings"],
      /to have an option `instructions` for --system, got none/,
    ],
  ])("%s is refused", async (_, adapter, message) => {
    const folder = await temporaryFolder({ "in.csv": CSV });
    const child = startChild(folder, "http://127.0.0.1:9", ["run", ...adapter, "in.csv", ...CLASSIFY, "--system", "y"]);
    expect(await child.ended).toBe(2);
    expect(child.said.stderr).toMatch(message);
  });
});

describe("add columns to what I have: --keep all", () => {
  const echoed = (...argv: string[]) => echo({ "in.csv": CSV, "in.jsonl": LINES }, ...argv);
  const LINES = '{"text":"a","id":12345678901234567890,"user":{"name":"Ann"}}\n{"text":"b","more":null,"index":7}\n';

  test("every field of each record, digit for digit; one with the name of the output's own is renamed", async () => {
    const { code, rows, stderr } = await echoed("in.jsonl", "--field", "text", "--keep", "all");
    expect({ code, rows }, stderr).toEqual({
      code: 0,
      rows: [
        { index: 0, output: "a", text: "a", id: expect.any(Number) as number, user: { name: "Ann" } },
        { index: 1, output: "b", text: "b", more: null, input_index: 7 },
      ],
    });
  });

  test("of a table to a table: its columns are there, with the output's", async () => {
    const folder = await echoFolder({ "in.csv": CSV });
    expect((await echoIn(folder, "in.csv", ...CLASSIFY, "--keep", "all", "-o", "out.csv")).code).toBe(0);
    const table = await readFile(`${folder}/out.csv`, "utf8");
    expect(table).toBe(
      "index,output,error_code,error_message,error_status,id,text,name\n" +
        "0,Classify Good. for Ann,,,,1,Good.,Ann\n1,Classify Bad. for Bob,,,,2,Bad.,Bob\n",
    );
    // Its output is an input again.
    const second = await echoIn(folder, "out.csv", "--field", "output", "--keep", "all");
    expect(second.rows[0]).toMatchObject({
      index: 0,
      input_index: "0",
      input_output: "Classify Good. for Ann",
      id: "1",
    });
  });

  test("of lines of JSON to a table: a column for every field of any record, the first of which is on line 300", async () => {
    const late = `${'{"text":"a","id":1}\n'.repeat(299)}{"text":"b","late":"x"}\n`;
    const folder = await echoFolder({ "in.jsonl": late });
    expect((await echoIn(folder, "in.jsonl", "--field", "text", "--keep", "all", "-o", "out.csv")).code).toBe(0);
    const lines = (await readFile(`${folder}/out.csv`, "utf8")).split("\n");
    expect(lines[0]).toBe("index,output,error_code,error_message,error_status,text,id,late");
    expect(lines[300]).toBe("299,b,,,,b,,x");
  });

  test("by name and path, with a column for each", async () => {
    const folder = await echoFolder({ "in.jsonl": LINES });
    const argv = ["in.jsonl", "--field", "text", "--keep", "id,user.name"];
    const { rows } = await echoIn(folder, ...argv);
    expect(rows[0]).toEqual({ index: 0, output: "a", id: expect.any(Number) as number, "user.name": "Ann" });
    expect((await echoIn(folder, ...argv, "-o", "out.csv")).code).toBe(0);
    expect(await readFile(`${folder}/out.csv`, "utf8")).toMatch(
      /,id,user\.name\n0,a,,,,12345678901234567890,Ann\n1,b,,,,,\n$/,
    );
  });

  test("of several files, with the name of each row's", async () => {
    const { rows } = await echoed("in.csv", "in.jsonl", "--field", "text", "--keep", "all");
    expect(rows[0]).toEqual({ index: 0, output: "Good.", id: "1", text: "Good.", name: "Ann", file: "in.csv" });
    expect(rows[3]).toEqual({ index: 3, output: "b", text: "b", more: null, input_index: 7, file: "in.jsonl" });
  });

  test("two columns of one name are refused: a value of one would be lost", async () => {
    const { code, stderr } = await echo(
      { "in.csv": "text,a,a\nx,1,2\n" },
      "in.csv",
      "--field",
      "text",
      "--keep",
      "all",
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/Expected one column a in the input, got several of this name/);
  });

  test("lines of JSON from standard input have no columns for a table before they are read", async () => {
    const { code, stderr } = await echo({}, "-", "--field", "text", "--keep", "all", "-o", "out.csv");
    expect(code).toBe(2);
    expect(stderr).toMatch(/Expected names for --keep with JSON of standard input, got all/);
  });
});

test("rows that were kept join back by their key", async () => {
  const { rows } = await echo({ "in.csv": CSV }, "in.csv", "--field", "text", "--keep", "id");
  const input = new Map(
    rowsOf('{"index":0,"id":"1","name":"Ann"}\n{"index":1,"id":"2","name":"Bob"}\n').map((row) => [row["id"], row]),
  );
  expect(rows.map((row) => [input.get(row["id"])?.["name"], row.output])).toEqual([
    ["Ann", "Good."],
    ["Bob", "Bad."],
  ]);
});
