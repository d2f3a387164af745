import { expect, test, vi } from "vitest";
import { echo } from "./testing/echo.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

// simonw/sqlite-utils#489, huggingface/datasets#372: records in a list of one object, as a server answers with them.
test.each<[name: string, text: string, field: string, filter: string]>([
  ["on one line", '{"object":"list","data":[{"text":"a"}]}', "text", ".data[]"],
  ["over several lines", '{\n  "has_more": false,\n  "data": [\n    {"text": "a"}\n  ]\n}\n', "text", ".data[]"],
  [
    "in an object",
    '{"hits":\n{"total":{"value":1},"a":[1],"hits":[{"_source":{"text":"a"}}]}}',
    "_source.text",
    ".hits.hits[]",
  ],
  ["under a name with a space", '{\n"my rows":[{"text":"a"}]}', "text", '.["my rows"][]'],
])("a list of records %s is named, with what makes lines of it", async (_, text, field, filter) => {
  const { code, rows, stderr } = await echo({ "in.json": text }, "in.json", "--field", field);
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toContain(`\`jq -c '${filter}' in.json > in.jsonl\` makes a line of each`);
});

test("objects over several lines, one after another, are named as such", async () => {
  const { code, stderr } = await echo({ "in.json": '{\n"text":"a"}\n{\n"text":"b"}\n' }, "in.json", "--field", "text");
  expect(code).toBe(2);
  expect(stderr).toContain("`jq -c .` makes a line of each value.");
});

test("a misspelled --field is refused before anything is sent, with the fields that are there", async () => {
  const lines = Array.from({ length: 200 }, (_, at) => `{"id":${at},"text":"t"}\n`);
  const { code, rows, stderr } = await echo({ "in.jsonl": lines.join("") }, "in.jsonl", "--field", "txt");
  expect({ code, rows }).toEqual({ code: 2, rows: [] });
  expect(stderr).toBe("error: Expected a column txt in the input, got: id, text.\n");
  // One that some records of the first hundred have is not.
  const some = [...lines.slice(0, 99), '{"txt":"a"}\n', ...lines];
  const { code: failed, rows: all } = await echo({ "in.jsonl": some.join("") }, "in.jsonl", "--field", "txt");
  expect({ failed, sent: all.filter((row) => "output" in row).length }).toEqual({ failed: 1, sent: 1 });
});

test("paths that messages name are those that were typed", async () => {
  const files = { "in.jsonl": '{"text":"a"}\n', "in.xml": "" };
  for (const [argv, message] of [
    [["none/in.jsonl"], "Expected the input none/in.jsonl to be readable, got no such file or folder."],
    [["in.xml"], "Expected in.xml to have a known extension"],
    [["in.jsonl", "--output", "none/out.jsonl"], "Expected none/out.jsonl to be writable, got no such file or folder."],
    [["in.jsonl", "--output", "in.xml/out.csv"], "Expected in.xml/out.csv to be writable, got a file in its path"],
  ] as const) {
    const { code, stderr } = await echo(files, ...argv, "--field", "text");
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${message}`);
  }
});
