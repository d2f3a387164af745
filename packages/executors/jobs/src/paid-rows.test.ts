import { gzipSync } from "node:zlib";
import { FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { JobLeftError } from "./errors.ts";
import { type ApiJob, type BatchScript, batchWorld as world } from "./testing/batch-api.ts";

const texts = Array.from({ length: 10 }, (_, index) => "x".repeat(index + 1));
const vectors = texts.map((text) => Float32Array.of(text.length));

/** Jobs after the first one go well. */
const first =
  (change: (job: ApiJob) => string) =>
  (job: ApiJob): string =>
    job.number === 0 ? change(job) : job.rows.join("");

/** The row with a text of JSON for its body. */
function withBodyAsText(text: string): string {
  const row = JSON.parse(text) as { readonly response: { readonly body: object } };
  return `${JSON.stringify({ ...row, response: { ...row.response, body: JSON.stringify(row.response.body) } })}\n`;
}

/** The file with another text in place of its fifth row. */
const instead = (text: (job: ApiJob) => string) => first((job) => job.rows.with(4, text(job)).join(""));

describe("P53 a row that is not an answer is sent again, alone", () => {
  test.for<[string, (job: ApiJob) => string]>([
    // tidyverse/ellmer#830: about half of the batches have a few of these.
    ["status 0", (job) => job.row(4, { response: { status_code: 0, request_id: "", body: {} } })],
    ["neither a response nor an error", (job) => job.row(4, { response: null })],
    ["a response of null, and an error without a code", (job) => job.row(4, { response: null, error: {} })],
    ["an error of the server's", (job) => job.row(4, { response: { status_code: 500, body: "<html>" } })],
    ["200 and null for a body", (job) => job.row(4, { response: { status_code: 200, body: null } })],
    [
      "200 and a body of another shape",
      (job) => job.row(4, { response: { status_code: 200, body: { data: [null] } } }),
    ],
    ["200 and a list for a body", (job) => job.row(4, { response: { status_code: 200, body: [1] } })],
    ["200 and an error in it", (job) => job.row(4, { response: { status_code: 200, body: { error: { code: 500 } } } })],
    ["a line that is cut", (job) => `${job.rows[4]!.slice(0, 40)}\n`],
    ["a line without its id", (job) => job.row(4, { custom_id: undefined })],
    ["another's id", (job) => job.row(4, { custom_id: "request-77" })],
    // cds-snc/ai-answers#1272, mistralai/client-python#159: results that are not all there.
    ["no row", () => ""],
    // vllm-project/vllm, entrypoints/openai/run_batch.py: an error beside a response without a body.
    [
      "vLLM's failure",
      (job) => job.row(4, { response: { status_code: 500, request_id: "v", body: null }, error: VLLM }),
    ],
    // llm-d/llm-d-batch-gateway#121: lines that a failed batch did not come to.
    ["a line of a batch that failed", (job) => job.row(4, { response: null, error: { code: "batch_failed" } })],
    [
      "two different answers",
      (job) =>
        job.rows[4]! + job.row(4, { response: { status_code: 200, body: { data: [{ index: 0, embedding: [9] }] } } }),
    ],
  ])("%s", async ([, text]) => {
    const { clock, api, jobs } = world({ output: instead(text) });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(texts.map((each) => api.timesSent(each))).toEqual(texts.map((_, index) => (index === 4 ? 2 : 1)));
    expect(clock.now()).toBeLessThan(10 * 60_000);
  });

  test("a bounded number of times", async () => {
    const { clock, api, jobs } = world({
      output: ({ lines, rows, row }) =>
        rows
          .map((text, line) =>
            lines[line]!.body.input[0] === "xxxxx" ? row(line, { response: { status_code: 0, body: {} } }) : text,
          )
          .join(""),
    });
    const slots = await runOn(clock, jobs.batch(texts, { returnExceptions: true }));
    expect(slots.with(4, vectors[4]!)).toEqual(vectors);
    expect(slots[4]).toMatchObject({ code: "provider_error", retryable: true });
    expect(api.timesSent("xxxxx")).toBe(3);
  });
});

// vllm-project/vllm, entrypoints/openai/run_batch.py: what its server would answer, or the words of an exception.
const VLLM = { error: { message: "", type: "InternalServerError", param: null, code: 500 } };
test.for<[string, unknown]>([
  ["its server's answer", { error: { message: "canary", type: "BadRequestError", param: null, code: 400 } }],
  [
    "an error of an older release",
    { object: "error", message: "canary", type: "BadRequestError", param: null, code: 400 },
  ],
  ["words", "canary: The model does not support Embeddings API"],
])("P53 vLLM's refusal of one line is that line's own: %s", async ([, error]) => {
  const response = { status_code: 400, request_id: "vllm-batch-1", body: null };
  const { clock, api, jobs } = world({ output: instead((job) => job.row(4, { response, error })) });
  const slots = await runOn(clock, jobs.batch(texts, { returnExceptions: true }));
  expect(slots.with(4, vectors[4]!)).toEqual(vectors);
  expect(slots[4]).toMatchObject({ code: "invalid_input", status: 400 });
  expect((slots[4] as Error).message).not.toContain("canary");
  expect(api.jobs).toHaveLength(1);
});

/** A text in UTF-16. */
function wide(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(`\uFEFF${text}`, "utf16le"));
}

describe("P53 what is paid is not bought again", () => {
  test.for<[string, (job: ApiJob) => string | Uint8Array<ArrayBuffer>]>([
    [
      "ends of lines as Windows has them, empty ones, a mark of the byte order",
      ({ rows }) => `\uFEFF${rows.join("\r\n")}`,
    ],
    // 567-labs/instructor#2667, mkht/PSOpenAI#19: batch files in the encoding of a platform.
    ["UTF-16", ({ rows }) => wide(rows.join(""))],
    // BerriAI/litellm#14452: a gateway that writes one list in place of lines.
    ["one list", ({ rows }) => `[${rows.map((row) => row.trim()).join(", ")}]`],
    [
      "one list in many lines",
      ({ rows }) =>
        JSON.stringify(
          rows.map((row) => JSON.parse(row) as unknown),
          null,
          2,
        ),
    ],
    ["ids as numbers", ({ rows }) => rows.join("").replaceAll(/"custom_id":"(\d+)"/g, '"custom_id":$1')],
    ["bodies as texts", ({ rows }) => rows.map(withBodyAsText).join("")],
    ["no newlines", ({ rows }) => rows.map((row) => row.trim()).join("")],
    ["two rows for a line", ({ rows }) => [rows[3], ...rows].join("")],
    [
      "no statuses",
      ({ rows }) => rows.map((row) => row.replace('"status_code":200,', "").replace('"error":null,', "")).join(""),
    ],
    ["statuses as texts", ({ rows }) => rows.join("").replaceAll('"status_code":200', '"status_code":"200"')],
    [
      "rows of another batch",
      ({ rows }) => `{"custom_id":"other","response":{"status_code":200,"body":{}}}\n${rows.join("")}`,
    ],
  ])("%s", async ([, output]) => {
    const { clock, api, jobs } = world({ output });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
    expect(api.count(/GET .*out-0/)).toBe(1);
  });

  // BerriAI/litellm#38744: counts of 0 for every batch of Bedrock's, so that they do not tell that a file is not whole yet.
  test.for<[string, object | null, number]>([
    ["nothing yet", null, 0],
    ["half of its rows", { total: 0, completed: 0, failed: 0 }, 5],
    ["half of its rows, which texts count", { total: "10", completed: "10", failed: "0" }, 5],
  ])("P53 a file with %s, of a batch that is completed and counts nothing", async ([, counts, count]) => {
    const clock = new FakeClock();
    let reads = 0;
    const output = ({ rows }: ApiJob): string => (reads++ < 2 ? rows.slice(0, count) : rows).join("");
    const { api, jobs } = world({ output, batch: () => ({ request_counts: counts }) }, {}, clock);
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });

  // Object stores hand out what was stored packed as it is: https://docs.cloud.google.com/storage/docs/transcoding
  test("a file in gzip without a header that says so", async () => {
    const output = ({ rows }: ApiJob): Uint8Array<ArrayBuffer> => Uint8Array.from(gzipSync(rows.join("")));
    const { clock, api, jobs } = world({ output });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });

  test("an answer in one file and a failure in the other", async () => {
    const failure = { response: { status_code: 0, body: {} } };
    const { clock, api, jobs } = world({ errors: (job) => texts.map((_, line) => job.row(line, failure)).join("") });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });

  test("failures that the counts call completed, in a file of their own (tidyverse/ellmer#830)", async () => {
    const failure = { response: { status_code: 0, request_id: "", body: {} } };
    const { clock, api, jobs } = world({
      output: first(({ rows }) => rows.slice(0, 9).join("")),
      errors: (job) => (job.number === 0 ? job.row(9, failure) : ""),
    });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs.map(({ lines }) => lines.length)).toEqual([10, 1]);
    expect(api.count(/GET .*out-0/)).toBe(1);
  });

  test("a file that is cut between two lines is read again", async () => {
    let reads = 0;
    const { clock, api, jobs } = world({ output: ({ rows }) => rows.slice(0, reads++ === 0 ? 5 : 10).join("") });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });

  test("a proxy's page in place of the file", async () => {
    let reads = 0;
    const page = "<html><body>Bad Gateway</body></html>";
    const { clock, api, jobs } = world({ output: ({ rows }) => (reads++ < 3 ? page : rows.join("")) });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });
});

// mistralai/client-python#159: results that are cut.
test.for<[string, (job: ApiJob) => string, string]>([
  ["in the middle of a row", ({ rows }) => rows.join("").slice(0, rows.slice(0, 6).join("").length + 30), "1111112222"],
  ["in the middle of a list", ({ rows }) => `[${rows.map((row) => row.trim()).join(",")}`.slice(0, -30), "1111111112"],
  ["before its first row", () => "", "2222222222"],
])("P53 a file that stays cut %s costs the rows that are missing, within minutes", async ([, output, sent]) => {
  const { clock, api, jobs } = world({ output: first(output) });
  expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
  expect(texts.map((text) => api.timesSent(text)).join("")).toBe(sent);
  expect(clock.now()).toBeLessThan(10 * 60_000);
});

describe("P53 results that no other job would have better are one error, and the job is kept, not bought again", () => {
  const rows = (each: (job: ApiJob, line: number) => string) => (job: ApiJob) =>
    job.rows.map((_, line) => each(job, line)).join("");
  test.for<[string, NonNullable<BatchScript["output"]>]>([
    // BerriAI/litellm#18057: rows of the provider behind a gateway.
    [
      "rows in another provider's form",
      rows(() => `${JSON.stringify({ request: {}, response: { candidates: [] } })}\n`),
    ],
    ["200 and null in all rows", rows((job, line) => job.row(line, { response: { status_code: 200, body: null } }))],
    // vllm-project/aibrix#1645: each body is the request's.
    [
      "200 and the request in all rows",
      rows((job, line) => job.row(line, { response: { status_code: 200, body: job.lines[line]!.body } })),
    ],
    ["each row cut", rows((job, line) => `${job.rows[line]!.slice(0, 40)}\n`)],
    ["one row, which is cut", ({ rows: [row] }) => row!.slice(0, 60)],
    ["bytes that are not text", () => Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 10, 0xff])],
    [
      "an error with a good status in the file's place",
      () => JSON.stringify({ error: { message: "canary", code: 500 } }),
    ],
  ])("%s", async ([, output]) => {
    let isMended = false;
    const { clock, api, jobs } = world({ output: (job) => (isMended ? job.rows.join("") : output(job)) });
    const slots = await runOn(clock, jobs.batch(texts, { returnExceptions: true }));
    expect(slots).toEqual(texts.map(() => expect.any(JobLeftError) as JobLeftError));
    expect(String(slots[0])).not.toContain("canary");
    await jobs.close();
    isMended = true;
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });

  // BerriAI/litellm#16186: results that its API does not hand out.
  test("404 for the file of a batch that is there", async () => {
    let isMended = false;
    const { clock, api, jobs } = world({
      answer: (call) => (call.endsWith("/content") && !isMended ? new Response("no", { status: 404 }) : undefined),
    });
    const [slot] = await runOn(clock, jobs.batch(texts, { returnExceptions: true }));
    expect(slot).toMatchObject({ name: "JobLeftError", providerCode: "results_missing" });
    await jobs.close();
    isMended = true;
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });
});

describe("P53 a batch whose counts contradict its rows comes to an end, and loses nothing", () => {
  test.for<[string, object]>([
    // BerriAI/litellm#38744
    ["nothing", { request_counts: { total: 0, completed: 0, failed: 0 } }],
    ["less than nothing", { request_counts: { total: -1, completed: -10, failed: -1 } }],
    ["more than there are", { request_counts: { total: 10, completed: 20, failed: 3 } }],
    ["failures that have no file", { request_counts: { total: 10, completed: 4, failed: 6 } }],
    ["no numbers", { request_counts: null }],
    ["texts", { request_counts: "10 of 10" }],
    ["a word for its end that is not OpenAI's", { status: "SUCCESS", request_counts: undefined }],
    ["an expiry in the past", { expires_at: 1, completed_at: null }],
    // tobert/kaibo#93
    ["an empty id of an error file", { error_file_id: "" }],
  ])("%s", async ([, batch]) => {
    const { clock, api, jobs } = world({ batch: () => batch });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
    expect(clock.now()).toBeLessThan(30 * 60_000);
  });

  // BerriAI/litellm#37713
  test("an id of its output that comes some time after its end", async () => {
    const clock = new FakeClock();
    const batch = ({ createdAt }: ApiJob): object =>
      clock.now() < createdAt + 600_000 ? { output_file_id: null } : {};
    const { api, jobs } = world({ batch }, {}, clock);
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });

  // warmbly/warmbly#333: 1 of 10 done, and an output file; BerriAI/litellm-docs#1567: a server that lost a batch half-way.
  test.for<[string, object]>([
    ["expired", { status: "expired" }],
    ["cancelled", { status: "cancelled" }],
    ["failed, with its rows", { status: "failed", errors: { data: [{ code: "runner_lost", line: null }] } }],
    ["failed, with no reason", { status: "failed", errors: null }],
  ])("P32 a batch that has %s keeps its rows, the rest goes into another", async ([, state]) => {
    const counts = { request_counts: { total: 10, completed: 4, failed: 0 } };
    const { clock, api, jobs } = world({
      batch: ({ number }) => (number === 0 ? { ...state, ...counts } : {}),
      output: first(({ rows }) => rows.slice(0, 4).join("")),
    });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs.map(({ lines }) => lines.length)).toEqual([10, 6]);
    expect(clock.now()).toBeLessThan(10 * 60_000);
  });

  // developers.openai.com/api/docs/guides/batch: lines that were not worked on are in the error file
  test("P32 one whose rows all say that they were not worked on goes into another", async () => {
    const error = { code: "batch_expired", message: "m" };
    const { clock, api, jobs } = world({
      batch: ({ number }) => (number === 0 ? { status: "expired" } : {}),
      output: first(({ lines, row }) => lines.map((_, line) => row(line, { response: null, error })).join("")),
    });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(2);
  });

  test("P32 one that has expired before its first line goes into another, within half an hour", async () => {
    const nothing = { status: "expired", output_file_id: null, request_counts: { total: 10, completed: 0, failed: 0 } };
    const { clock, api, jobs } = world({ batch: ({ number }) => (number === 0 ? nothing : {}) });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(2);
    expect(clock.now()).toBeLessThan(30 * 60_000);
  });

  test("one that is finalizing forever is read after three days", async () => {
    const { clock, api, jobs } = world({ batch: () => ({ status: "finalizing" }) });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });
});
