import type { JobBackend, Runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { OpenAIChat, OpenAIEmbeddings, OpenAIModeration, OpenAIResponses } from "../index.ts";

/** Backend on a server with one batch that has ended, whose output holds these lines. */
async function backendOn(
  make: (options: { apiKey: string; baseURL: string; fetch: typeof fetch }) => Runnable<any, any>,
  lines: readonly object[],
  answers: Readonly<Record<string, Response>> = {},
): Promise<JobBackend> {
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const { pathname } = new URL(new Request(url).url);
    const answer = answers[`${init?.method?.toUpperCase()} ${pathname}`];
    if (answer !== undefined) return answer.clone();
    if (pathname.endsWith("/content")) return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return Response.json({ id: "b", status: "completed", output_file_id: "out", request_counts: null });
  };
  return make({ apiKey: "key", baseURL: "https://batch.example/v1", fetch }).settings!.jobs!();
}

const KINDS: Readonly<Record<string, Parameters<typeof backendOn>[0]>> = {
  embeddings: (options) => new OpenAIEmbeddings(options),
  moderation: (options) => new OpenAIModeration(options),
  chat: (options) => new OpenAIChat({ ...options, model: "m" }),
  responses: (options) => new OpenAIResponses({ ...options, model: "m" }),
};

const GOOD = {
  data: [{ index: 0, embedding: [1] }],
  results: [{ flagged: false, categories: {}, category_scores: {} }],
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
  output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "ok" }] }],
  status: "completed",
};
const ODD = [null, 7, "x", [], {}, [null], [7], [{}], [[]], { 0: null }];
/** Bodies that are wrong, and those with something wrong in one place of a good one. */
const BODIES: readonly unknown[] = [
  ...ODD,
  ...[...Object.keys(GOOD), "usage"].flatMap((name) => ODD.map((odd) => Object.assign({}, GOOD, { [name]: odd }))),
  { ...GOOD, choices: [{ message: null }] },
  { ...GOOD, choices: [{ message: { content: [null, 7, { type: "text" }] } }] },
  { ...GOOD, data: [{ index: 0, embedding: "####" }] },
  { ...GOOD, output: [{ type: "message", content: null }] },
];

test.for(Object.keys(KINDS))("P53 an answer of any shape is that row's alone: %s", async (name) => {
  const lines = BODIES.flatMap((body, index) => [
    { custom_id: `odd-${index}`, response: { status_code: 200, body }, error: null },
    { custom_id: `good-${index}`, response: { status_code: 200, body: GOOD }, error: null },
  ]);
  const backend = await backendOn(KINDS[name]!, lines);
  const ids = new Set<string>();
  let good = 0;
  for await (const row of backend.rows("b", () => ["a"], {})) {
    ids.add(row.id);
    if (row.id.startsWith("good")) good += Array.isArray(row.outcome) ? 1 : 0;
  }
  expect(good).toBe(BODIES.length);
  expect(ids.size).toBe(lines.length);
});

test("P53 a page, or an error with a good status, is not a batch: it is asked again", async () => {
  const passing: Readonly<Record<string, Response>> = {
    nothing: Response.json({}),
    null: Response.json(null),
    "a list": Response.json([]),
    "a page": new Response("<html>"),
    // A gateway's way to hand on another's failure.
    "an error": Response.json({ error: { message: "upstream", type: "server_error" } }),
  };
  for (const [name, answer] of Object.entries(passing)) {
    const answers = {
      "GET /v1/batches/b": answer,
      "POST /v1/batches": answer,
      "POST /v1/files": Response.json({ id: "f" }),
    };
    const backend = await backendOn(KINDS["embeddings"]!, [], answers);
    await expect(backend.poll("b", {}), name).rejects.toMatchObject({ retryable: true });
    await expect(backend.create([backend.line(["a"], "0")], "t", {}), name).rejects.toMatchObject({ retryable: true });
  }
});

// learn.microsoft.com/answers/questions/2285577: of a deployment's batches; BerriAI/litellm-docs#952: 429 when a batch is created.
test.for([400, 429])(
  "P50 too many tokens that wait are waited for, also where creating says so (%i)",
  async (status) => {
    const answer = Response.json({ error: { code: "token_limit_exceeded", message: "canary" } }, { status });
    const answers = { "POST /v1/batches": answer, "POST /v1/files": Response.json({ id: "f" }) };
    const backend = await backendOn(KINDS["chat"]!, [], answers);
    const creating = backend.create([backend.line(["a"], "0")], "t", {});
    await expect(creating).rejects.toMatchObject({
      code: "rate_limited",
      providerCode: "token_limit_exceeded",
      retryable: true,
      status,
    });
  },
);
