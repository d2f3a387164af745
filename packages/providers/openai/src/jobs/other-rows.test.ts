import type { JobBackend, JobRow } from "@batchwise/core";
import { expect, test } from "vitest";
import { OpenAIChat, OpenAIEmbeddings } from "../index.ts";

/** Rows that a server's output file holds, as they are read. */
async function rowsOf(make: (options: Options) => { settings: { jobs?: unknown } }, lines: readonly object[]) {
  const fetch: typeof globalThis.fetch = async (url) =>
    new Request(url).url.endsWith("/content")
      ? new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
      : Response.json({ id: "b", status: "completed", output_file_id: "out", request_counts: null });
  const { settings } = make({ apiKey: "key", baseURL: "https://batch.example/v1", fetch });
  const backend = await (settings.jobs as () => Promise<JobBackend>)();
  const rows = new Map<string, JobRow<any>>();
  for await (const row of backend.rows("b", () => ["a"], {})) rows.set(row.id, row);
  return rows;
}

interface Options {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly fetch: typeof fetch;
}
const chat = (options: Options) => new OpenAIChat({ ...options, model: "m" });
const embeddings = (options: Options) => new OpenAIEmbeddings({ ...options, model: "m" });

const CLAUDE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "us.anthropic.claude",
  content: [
    { type: "thinking", thinking: "hm" },
    { type: "text", text: "yes" },
  ],
  stop_reason: "end_turn",
  usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 3 },
};
const GEMINI = {
  candidates: [
    { content: { role: "model", parts: [{ text: "hm", thought: true }, { text: "yes" }] }, finishReason: "STOP" },
  ],
  modelVersion: "gemini",
  usageMetadata: { promptTokenCount: 15, candidatesTokenCount: 1, thoughtsTokenCount: 2, totalTokenCount: 18 },
};
const NOVA = {
  output: { message: { role: "assistant", content: [{ reasoningContent: {} }, { text: "yes" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 15, outputTokens: 3, totalTokens: 18 },
};
const LLAMA = { generation: "yes", prompt_token_count: 15, generation_token_count: 3, stop_reason: "stop" };
const OPENAI = {
  choices: [{ index: 0, message: { role: "assistant", content: "yes" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 15, completion_tokens: 3 },
};

// docs.litellm.ai, bedrock_batches: what Bedrock writes is handed on; BerriAI/litellm#18057: what Vertex writes, too, unless
// each of its rows could be translated (litellm's vertex_ai/files/transformation.py); AWS's, Anthropic's and Google's own pages.
test.for<[string, object]>([
  ["Bedrock, Claude", { recordId: "0", modelInput: {}, modelOutput: CLAUDE }],
  ["Bedrock, Nova", { recordId: "0", modelInput: {}, modelOutput: NOVA }],
  ["Bedrock, Llama", { recordId: "0", modelInput: {}, modelOutput: LLAMA }],
  ["Bedrock, gpt-oss", { recordId: "0", modelInput: {}, modelOutput: OPENAI }],
  ["Vertex", { status: "", processed_time: "", request: { labels: { litellm_custom_id: "0" } }, response: GEMINI }],
  ["Gemini", { key: "0", response: GEMINI }],
  ["Anthropic", { custom_id: "0", result: { type: "succeeded", message: CLAUDE } }],
  ["a body in a text", { custom_id: "0", response: { status_code: 200, body: JSON.stringify(CLAUDE) } }],
  ["no status and no body", { custom_id: "0", response: OPENAI }],
  // https://pkg.go.dev/encoding/json#Marshal: Go's encoder writes fields that nothing has been put into.
  ["an empty error", { custom_id: "0", response: { body: OPENAI }, error: { code: "", message: "", line: null } }],
  ["an error of no fields", { custom_id: "0", response: OPENAI, error: {} }],
  ["an empty error in its body", { custom_id: "0", response: { ...OPENAI, error: { code: 0, details: [] } } }],
  // https://cloud.google.com/vertex-ai/generative-ai/docs/maas/capabilities/batch-prediction: a table has it as a column of JSON.
  ["a response in a text", { custom_id: "0", response: JSON.stringify({ status_code: 200, body: OPENAI }) }],
])("P53 a paid row of another provider's is read: %s", async ([, line]) => {
  const row = (await rowsOf(chat, [line])).get("0");
  expect(row).toMatchObject({ outcome: [{ text: "yes", finishReason: "stop" }], inputTokens: 15, outputTokens: 3 });
});

test("P53 other providers' calls of tools, cut answers and refusals are what they are", async () => {
  const call = { type: "tool_use", id: "t", name: "f", input: { a: 1 } };
  const rows = await rowsOf(chat, [
    { recordId: "0", modelOutput: { ...CLAUDE, content: [call], stop_reason: "tool_use" } },
    { recordId: "1", modelOutput: { ...CLAUDE, stop_reason: "max_tokens" } },
    { recordId: "2", modelOutput: { ...CLAUDE, stop_reason: "refusal" } },
    { key: "3", response: { candidates: [{ finishReason: "SAFETY" }] } },
    { key: "4", response: { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } } },
    {
      key: "5",
      response: {
        candidates: [{ content: { parts: [{ functionCall: { name: "f", args: { a: 1 } } }] }, finishReason: "STOP" }],
      },
    },
    { recordId: "6", modelOutput: { ...CLAUDE, content: [CLAUDE.content[0]] } },
    { recordId: "7", modelOutput: { anything: "else" } },
  ]);
  const calls = [expect.objectContaining({ function: { name: "f", arguments: '{"a":1}' } })];
  expect(rows.get("0")!.outcome).toMatchObject([
    { text: "", finishReason: "tool_calls", message: { tool_calls: calls } },
  ]);
  expect(rows.get("1")!.outcome).toMatchObject([{ text: "yes", finishReason: "length" }]);
  expect(rows.get("5")!.outcome).toMatchObject([{ finishReason: "tool_calls", message: { tool_calls: calls } }]);
  for (const id of ["2", "3", "4", "6"]) expect(rows.get(id)!.outcome, id).toMatchObject({ code: "invalid_result" });
  expect(rows.get("7")!.outcome).toBeInstanceOf(Error);
});

// AWS: an `error` takes the place of `modelOutput`; Anthropic: types of results; Google: a status in the place of an answer.
test("P53 rows of other providers' that failed fail alone, or are sent again", async () => {
  const rows = await rowsOf(chat, [
    { recordId: "0", modelInput: {}, error: { errorCode: 400, errorMessage: "canary" } },
    { recordId: "1", modelInput: {}, error: { errorCode: 500, errorMessage: "canary" } },
    { recordId: "2", modelInput: {}, error: { errorCode: 400, expired: true } },
    { custom_id: "3", result: { type: "errored", error: { type: "error", error: { type: "invalid_request_error" } } } },
    { custom_id: "4", result: { type: "errored", error: { type: "error", error: { type: "overloaded_error" } } } },
    { custom_id: "5", result: { type: "expired" } },
    { custom_id: "6", result: { type: "canceled" } },
    { status: "Bad Request", request: { labels: { litellm_custom_id: "7" } }, response: {} },
    { key: "8", error: { code: 400, message: "canary", status: "INVALID_ARGUMENT" } },
    { custom_id: "9", response: null, error: { code: "vertex_ai_error", message: "canary" } },
    { recordId: "10", modelInput: {}, modelOutput: CLAUDE },
  ]);
  for (const id of ["0", "3", "8"]) {
    expect(rows.get(id)!.outcome, id).toMatchObject({ code: "invalid_input", retryable: false });
  }
  for (const id of ["1", "4", "7", "9"]) expect(rows.get(id)!.outcome, id).toMatchObject({ retryable: true });
  for (const id of ["2", "5", "6"]) expect(rows.has(id), id).toBe(false);
  expect(rows.get("10")!.outcome).toMatchObject([{ text: "yes" }]);
  expect([...rows.values()].map(({ outcome }) => String(outcome)).join(" ")).not.toContain("canary");
});

// BerriAI/litellm-docs#1408: Titan's vectors in LiteLLM's Bedrock batches; Google's page of its embeddings.
test.for<[string, object]>([
  ["Titan", { recordId: "0", modelInput: {}, modelOutput: { embedding: [1, 2], inputTextTokenCount: 3 } }],
  [
    "Cohere through Bedrock",
    { recordId: "0", modelOutput: { embeddings: [[1, 2]], response_type: "embeddings_floats" } },
  ],
  ["Cohere through Bedrock, by type", { recordId: "0", modelOutput: { embeddings: { float: [[1, 2]] } } }],
  ["Gemini", { key: "0", response: { embedding: { values: [1, 2] } } }],
])("P53 a vector of another provider's is read: %s", async ([, line]) => {
  expect((await rowsOf(embeddings, [line])).get("0")!.outcome).toEqual([Float32Array.of(1, 2)]);
});
