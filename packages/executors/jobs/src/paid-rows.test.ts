import { OpenAIEmbeddings } from "@batchwise/openai";
import { FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { type Offline, offline } from "./offline.ts";
import type { OfflineOptions } from "./options.ts";
import { type ApiJob, BatchApi, type BatchScript } from "./testing/batch-api.ts";

const texts = Array.from({ length: 10 }, (_, index) => "x".repeat(index + 1));
const vectors = texts.map((text) => Float32Array.of(text.length));

interface World {
  readonly clock: FakeClock;
  readonly api: BatchApi;
  readonly jobs: Offline<string, Float32Array>;
}

function world(script: Omit<BatchScript, "clock"> = {}, options: Partial<OfflineOptions> = {}): World {
  const clock = new FakeClock();
  const api = new BatchApi({ clock, ...script });
  const live = new OpenAIEmbeddings({ apiKey: "key", baseURL: "https://batch.example/v1", fetch: api.fetch, clock });
  return { clock, api, jobs: offline(live, { store: memoryStore(), clock, ...options }) };
}

/** Jobs after the first one go well. */
const first =
  (change: (job: ApiJob) => string) =>
  (job: ApiJob): string =>
    job.number === 0 ? change(job) : job.rows.join("");

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
    ["no row", () => ""],
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

describe("P53 what is paid is not bought again", () => {
  test.for<[string, (job: ApiJob) => string | Uint8Array<ArrayBuffer>]>([
    [
      "ends of lines as Windows has them, empty ones, a mark of the byte order",
      ({ rows }) => `\uFEFF${rows.join("\r\n")}`,
    ],
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
  ])("%s", async ([, batch]) => {
    const { clock, api, jobs } = world({ batch: () => batch });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
    expect(clock.now()).toBeLessThan(30 * 60_000);
  });

  // BerriAI/litellm#37713
  test("an id of its output that comes some time after its end", async () => {
    const clock = new FakeClock();
    const api = new BatchApi({
      clock,
      batch: ({ createdAt }) => (clock.now() < createdAt + 600_000 ? { output_file_id: null } : {}),
    });
    const live = new OpenAIEmbeddings({ apiKey: "key", baseURL: "https://batch.example/v1", fetch: api.fetch, clock });
    expect(await runOn(clock, offline(live, { store: memoryStore(), clock }).batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });
});
