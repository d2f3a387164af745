import { readFile } from "node:fs/promises";
import path from "node:path";
import { startEmulator } from "@batchwise/emulator";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type ChatServer, chatServer } from "./testing/chat-server.ts";
import { duckdb } from "./testing/duckdb.ts";
import { echo } from "./testing/echo.ts";
import { runHere } from "./testing/run-here.ts";
import { rowsOf, temporaryFolder } from "./testing/workbench.ts";

// A safeguard, not a measure, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

afterEach(() => vi.unstubAllEnvs());

const CHAT = ["@batchwise/openai#chat", "--set", "model=m"];

/** Runs the command over a file against a server of its own. */
async function ran(files: Readonly<Record<string, string | Uint8Array>>, ...argv: readonly string[]) {
  const server = await chatServer();
  const folder = await temporaryFolder(files);
  const [adapter = "", ...flags] = argv;
  const child = runHere(folder, server.baseURL, ["run", adapter, Object.keys(files)[0] ?? "", ...flags]);
  const code = await child.ended;
  const rows = rowsOf(child.said.stdout);
  return { code, rows, stderr: child.said.stderr, bodies: sorted(server), folder };
}

/** Bodies in the order of their messages: answers come in any. */
function sorted({ bodies }: ChatServer): ChatServer["bodies"] {
  return bodies.toSorted((one, other) => (JSON.stringify(one.messages) < JSON.stringify(other.messages) ? -1 : 1));
}

const TALK = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "a" },
  { role: "assistant", content: "A." },
  { role: "user", content: "b" },
];

describe("rows with messages", () => {
  // modelscope/ms-swift#10125, pandas-dev/pandas#53798: objects of a column have all fields of its type, and null for what was
  // not there; a server refuses `tool_calls: null`.
  test("of Parquet are sent without the fields that are null", async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, "in.parquet");
    await duckdb(
      `copy (select [{role: 'user', content: 'a', name: null::varchar, tool_calls: null::varchar[]}] as messages) to '${file}' (format parquet)`,
    );
    const { code, bodies } = await ran({ "in.parquet": await readFile(file) }, ...CHAT);
    expect(code).toBe(0);
    expect(bodies[0]?.messages).toEqual([{ role: "user", content: "a" }]);
  });

  // Azure/azure-sdk-for-python#41642: a CSV has conversations as JSON. biolink/kgx#64: pandas writes lists as Python does.
  test("as JSON in a table's cells are messages, and a list of Python is not sent as a text", async () => {
    const cells = [TALK, [{ role: "user", content: "c" }]].map((each) => JSON.stringify(each));
    const rows = [...cells, "[{'role': 'user', 'content': 'd'}]", "plain"].map(
      (cell) => `"${cell.replaceAll('"', '""')}"\n`,
    );
    const {
      code,
      bodies,
      rows: out,
    } = await ran({ "in.csv": `messages\n${rows.join("")}` }, ...CHAT, "--field", "messages");
    expect(code).toBe(1);
    expect(bodies.map(({ messages }) => messages)).toEqual([
      TALK,
      [{ role: "user", content: "c" }],
      [{ role: "user", content: "plain" }],
    ]);
    expect(out[2]?.error?.message).toMatch(
      /^Expected line 4 to have messages as JSON.* Python's json\.dumps writes it/,
    );
    const lines = [{ messages: cells[1] }, { conversation: `{"messages":${cells[1]}}` }].map((row) =>
      JSON.stringify(row),
    );
    const whole = await ran({ "in.jsonl": `${lines[0]}\n` }, ...CHAT);
    expect(whole.bodies[0]?.messages).toEqual([{ role: "user", content: "c" }]);
    const wrapped = await ran({ "in.jsonl": `${lines[1]}\n` }, ...CHAT, "--field", "conversation");
    expect(wrapped.bodies[0]?.messages).toEqual([{ role: "user", content: "c" }]);
  });

  test("are conversations of a chat adapter, whole", async () => {
    const lines = [{ id: 1, messages: TALK }, "c", { id: 3, messages: [] }, { id: 4, messages: [{ content: "x" }] }];
    const content = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const { code, rows, bodies, stderr } = await ran({ "in.jsonl": content }, ...CHAT, "--keep", "id");
    expect(code, stderr).toBe(1);
    expect(bodies.map(({ messages }) => messages)).toEqual([TALK, [{ role: "user", content: "c" }]]);
    expect(
      rows.map(({ output, error, id }) => [(output as { text: string } | undefined)?.text ?? error?.message, id]),
    ).toEqual([
      ["Answer to: b", 1],
      ["Answer to: c", undefined],
      [expect.stringMatching(/^Expected line 3 to be a text, or messages with `role` and `content`, got an object/), 3],
      [expect.stringMatching(/^Expected line 4 to be a text, or messages/), 4],
    ]);
  });

  test("after the text of --system", async () => {
    const content = `${JSON.stringify({ messages: TALK.slice(1) })}\n`;
    const { bodies, stderr } = await ran({ "in.jsonl": content }, ...CHAT, "--system", "Be brief.");
    expect(
      bodies.map(({ messages }) => messages),
      stderr,
    ).toEqual([TALK]);
  });

  test("in a field, and in a column of Parquet", async () => {
    const field = await ran(
      { "in.jsonl": `${JSON.stringify({ talk: { turns: TALK } })}\n` },
      ...CHAT,
      "--field",
      "talk.turns",
    );
    expect(
      field.bodies.map(({ messages }) => messages),
      field.stderr,
    ).toEqual([TALK]);
    const columnData = [
      { name: "id", data: [1], type: "INT32" as const },
      { name: "messages", data: [TALK], type: "JSON" as const },
    ];
    const file = new Uint8Array(parquetWriteBuffer({ columnData }));
    const parquet = await ran({ "in.parquet": file }, ...CHAT);
    expect(
      parquet.bodies.map(({ messages }) => messages),
      parquet.stderr,
    ).toEqual([TALK]);
  });

  test("are refused in their rows by an adapter of texts alone", async () => {
    const { code, texts } = await echo({ "in.jsonl": `${JSON.stringify({ messages: TALK })}\n` }, "in.jsonl");
    expect([code, texts]).toEqual([1, [expect.stringMatching(/^Expected line 1 to be a text, got an object/)]]);
  });
});

describe("lines of OpenAI's batch format", () => {
  /** https://platform.openai.com/docs/api-reference/batch/request-input */
  const line = (id: string, text: string, more: object = {}): string =>
    `${JSON.stringify({
      custom_id: id,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: "m", messages: [{ role: "user", content: text }], ...more },
    })}\n`;

  test("are requests, sent with parameters of their own; custom_id is kept", async () => {
    const content =
      line("one", "a", { temperature: 0, max_tokens: 7, top_p: 0.5 }) + line("two", "b", { stream: false, n: 1 });
    const { code, rows, bodies, stderr } = await ran({ "in.jsonl": content }, ...CHAT, "--set", "temperature=0");
    expect(code, stderr).toBe(0);
    expect(bodies).toEqual([
      {
        model: "m",
        temperature: 0,
        stream: false,
        messages: [{ role: "user", content: "a" }],
        max_tokens: 7,
        top_p: 0.5,
      },
      { model: "m", temperature: 0, stream: false, messages: [{ role: "user", content: "b" }] },
    ]);
    expect(rows.map(({ index, custom_id, output }) => [index, custom_id, (output as { text: string }).text])).toEqual([
      [0, "one", "Answer to: a"],
      [1, "two", "Answer to: b"],
    ]);
    expect(stderr).toMatch(
      /^The requests have parameters of their own, which are sent as they are: max_tokens, top_p\.$/m,
    );
  });

  // https://docs.together.ai/docs/inference/batch/tutorial, https://novita.ai/docs/api-reference/model-apis-llm-upload-batch-input-file.md
  test("without method and url, as other providers write them, to a table, with more that is kept", async () => {
    const content = '{"custom_id":"r-1","body":{"model":"m","messages":[{"role":"user","content":"a"}]},"lang":"en"}\n';
    const { code, folder, stderr } = await ran({ "in.jsonl": content }, ...CHAT, "--keep", "lang", "-o", "out.csv");
    expect(code, stderr).toBe(0);
    expect(await readFile(`${folder}/out.csv`, "utf8")).toBe(
      "index,output,error_code,error_message,error_status,custom_id,lang\n0,Answer to: a,,,,r-1,en\n",
    );
  });

  // Center-for-AI-Innovation/LLMFlux#104: a file's own model must not be another than the one that was asked for.
  test.each<[string, object, string[], RegExp]>([
    [
      "another model",
      { model: "other" },
      [],
      /Expected line 1 to ask for .* got another `model` in its body\. Give --set model with theirs/,
    ],
    [
      "another value of an option",
      { temperature: 1 },
      ["--set", "temperature=0"],
      /got another `temperature` in its body/,
    ],
    [
      "another limit by an older name",
      { max_tokens: 7 },
      ["--set", "maxTokens=8"],
      /got another `max_tokens` in its body/,
    ],
    ["several answers", { n: 2 }, [], /got another `n` in its body/],
    ["a stream", { stream: true }, [], /got another `stream` in its body/],
  ])("with %s than the run are refused before anything is sent", async (_, more, flags, message) => {
    const { code, rows, bodies, stderr } = await ran({ "in.jsonl": line("one", "a", more) }, ...CHAT, ...flags);
    expect({ code, rows, bodies }, stderr).toEqual({ code: 2, rows: [], bodies: [] });
    expect(stderr).toMatch(message);
  });

  test("one that differs, or is no request, among others fails alone", async () => {
    const content = line("one", "a") + line("two", "b", { model: "other" }) + '{"custom_id":"three","body":{}}\nnope\n';
    const { code, rows, bodies } = await ran({ "in.jsonl": content }, ...CHAT);
    expect(code).toBe(1);
    expect(bodies).toHaveLength(1);
    expect(rows.map(({ error }) => error?.message)).toEqual([
      undefined,
      expect.stringMatching(/^Expected line 2 to ask for what the run's options say, got another `model`/),
      expect.stringMatching(/an object with `messages`/),
      expect.stringMatching(/^Expected line 4 to be a JSON value/),
    ]);
    expect(rows.map((row) => row["custom_id"])).toEqual(["one", "two", "three", undefined]);
  });

  test("of another path are refused", async () => {
    const embedding = '{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}}\n';
    expect((await ran({ "in.jsonl": embedding }, ...CHAT)).stderr).toMatch(
      /Expected line 1 to be a request to \/v1\/chat\/completions/,
    );
    const chat = await ran({ "in.jsonl": line("one", "a") }, "@batchwise/openai#responses", "--set", "model=m");
    expect(chat.stderr).toMatch(/Expected line 1 to be a request to \/v1\/responses, got one to another path/);
  });

  test("to embeddings and to Responses", async () => {
    await using emulator = await startEmulator({ tokens: "fast" });
    const model = "text-embedding-3-small";
    const folder = await temporaryFolder({
      "vectors.jsonl": [{ input: "a" }, { input: ["b"] }, { input: ["c", "d"] }, { input: "e", dimensions: 8 }]
        .map(
          (body, at) =>
            `${JSON.stringify({ custom_id: `v-${at}`, url: "/v1/embeddings", body: { model, encoding_format: "float", ...body } })}\n`,
        )
        .join(""),
      "responses.jsonl":
        '{"custom_id":"r","url":"/v1/responses","body":{"model":"gpt-6-luna","input":"a","instructions":"b"}}\n',
    });
    const vectors = runHere(folder, emulator.openaiBaseURL, [
      "run",
      "@batchwise/openai#embeddings",
      "vectors.jsonl",
      "--set",
      "dimensions=4",
    ]);
    expect(await vectors.ended).toBe(1);
    expect(
      rowsOf(vectors.said.stdout).map(({ custom_id, output, error }) => [
        custom_id,
        (output as number[] | undefined)?.length ?? error?.message,
      ]),
    ).toEqual([
      ["v-0", 4],
      ["v-1", 4],
      ["v-2", "Expected line 3 to have one text as `input` in its body, got another request."],
      ["v-3", expect.stringMatching(/got another `dimensions` in its body/)],
    ]);
    const responses = runHere(folder, emulator.openaiBaseURL, [
      "run",
      "@batchwise/openai#responses",
      "responses.jsonl",
      "--set",
      "model=gpt-6-luna",
    ]);
    expect(await responses.ended, responses.said.stderr).toBe(0);
    expect(rowsOf(responses.said.stdout)).toMatchObject([{ custom_id: "r", output: { text: "Echo: a" } }]);
  });

  test("as offline jobs, which are that format again, with values of a schema", async () => {
    await using emulator = await startEmulator({ tokens: "fast" });
    const properties = { city: { type: "string" }, known: { type: "boolean" } };
    const folder = await temporaryFolder({
      "in.jsonl":
        line("one", "a", { model: "gpt-6-luna", max_tokens: 900 }) + line("two", "b", { model: "gpt-6-luna" }),
      "schema.json": JSON.stringify({ type: "object", properties, required: ["city"] }),
    });
    const flags = ["--set", "model=gpt-6-luna", "--schema", "schema.json", "--offline", "-o", "out.csv"];
    const child = runHere(folder, emulator.openaiBaseURL, ["run", "@batchwise/openai#chat", "in.jsonl", ...flags]);
    expect(await child.ended, child.said.stderr).toBe(0);
    expect(emulator.stats().jobs.created).toBe(1);
    const [head, ...rows] = (await readFile(`${folder}/out.csv`, "utf8")).split("\n");
    expect(head).toBe("index,error_code,error_message,error_status,city,known,custom_id");
    expect(rows[0]).toMatch(/^0,,,,[^,]+,(true|false|),one$/);
    expect(rows[1]).toMatch(/^1,,,,[^,]+,(true|false|),two$/);
  });

  test("that an adapter of messages takes have no parameters of their own", async () => {
    await using emulator = await startEmulator({ tokens: "fast" });
    vi.stubEnv("CO_API_KEY", "k");
    const folder = await temporaryFolder({
      "in.jsonl": line("one", "a", { model: "command-a-03-2025" }),
      "more.jsonl": line("one", "a", { model: "command-a-03-2025", top_p: 0.5 }),
    });
    const run = (file: string) =>
      runHere(folder, "", [
        "run",
        "@batchwise/cohere#chat",
        file,
        "--set",
        "model=command-a-03-2025",
        "--set",
        `baseURL=${emulator.cohereBaseURL}`,
      ]);
    const taken = run("in.jsonl");
    expect(await taken.ended, taken.said.stderr).toBe(0);
    expect(rowsOf(taken.said.stdout)).toMatchObject([{ custom_id: "one", output: { text: "Echo: a" } }]);
    const refused = run("more.jsonl");
    expect(await refused.ended).toBe(2);
    expect(refused.said.stderr).toMatch(/got another `top_p` in its body\. Give it with --set/);
  });
});
