import { describe, expect, test, vi } from "vitest";

import { ManualClock } from "../fixtures/manual-clock.ts";
import { cancelBatch, contentOf, createBatch, lineOf, rowsOf, uploadFile } from "../fixtures/openai-batch.ts";
import { post, readReply } from "../fixtures/post.ts";
import { type Behavior, type Jobs, type RowFlaw, startEmulator } from "../index.ts";

// A safeguard, not a measure, for machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const texts = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const lines = texts.map((text, index) => lineOf(`line-${index}`, { model: "m", input: [text], dimensions: 4 }));

describe("a batch", () => {
  test("answers as the live endpoint does, in any order, matched by custom_id", async () => {
    await using emulator = await startEmulator({ trackInputs: true });
    const batch = await createBatch(emulator, lines, { tag: "a" });
    expect(batch.created).toMatchObject({ object: "batch", status: "validating", endpoint: "/v1/embeddings" });
    const ended = await batch.retrieve();
    expect(ended).toMatchObject({ status: "completed", request_counts: { total: 10, completed: 10, failed: 0 } });
    expect("error_file_id" in ended).toBe(false);
    const rows = await rowsOf(emulator, ended.output_file_id);
    expect(rows.map((row) => row.custom_id)).not.toEqual(texts.map((_, index) => `line-${index}`));
    for (const [index, text] of texts.entries()) {
      const live = await post(`${emulator.url}/v1/embeddings`, { model: "m", input: [text], dimensions: 4 });
      const row = rows.find((each) => each.custom_id === `line-${index}`);
      expect(row).toMatchObject({ error: null, response: { status_code: 200, body: live.body } });
    }
    expect(emulator.stats().jobs).toEqual({
      created: 1,
      linesAnswered: 10,
      byTag: { a: { created: 1, linesAnswered: 10 } },
    });
  });

  test.each([
    ["/v1/moderations", { input: ["violence"] }],
    ["/v1/chat/completions", { messages: [{ role: "user", content: "hi" }] }],
    ["/v1/responses", { input: "hi" }],
  ])("of %s", async (endpoint, body) => {
    await using emulator = await startEmulator();
    const batch = await createBatch(emulator, [lineOf("x", { model: "m", ...body }, endpoint)], {}, endpoint);
    const [row] = await rowsOf(emulator, (await batch.retrieve()).output_file_id);
    const live = await post(`${emulator.url}${endpoint}`, { model: "m", ...body });
    expect({ ...row.response.body, id: "", output: [] }).toEqual({ ...live.body, id: "", output: [] });
  });

  test("goes through its statuses, and processes its lines one after another", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, jobs: { durationMs: 1000 } });
    const batch = await createBatch(emulator, lines);
    const seen: unknown[] = [];
    for (const step of [0, 99, 401, 400, 99, 1]) {
      clock.advance(step);
      const { status, request_counts: counts } = await batch.retrieve();
      seen.push([status, counts.completed]);
    }
    expect(seen).toEqual([
      ["validating", 0],
      ["validating", 0],
      ["in_progress", 5],
      ["finalizing", 10],
      ["finalizing", 10],
      ["completed", 10],
    ]);
  });

  // Sources are in the README.
  test.for<[RowFlaw, object[], number]>([
    ["missing", [], 9],
    ["null", [{ status_code: 200, request_id: expect.any(String), body: null }], 9],
    ["twice", [{ status_code: 200 }, { status_code: 200 }], 10],
    ["zero", [{ status_code: 0, request_id: "", body: {} }], 9],
  ])("a row can be scripted: %s", async ([row, responses, answered]) => {
    await using emulator = await startEmulator({ jobs: { rows: [{ row, marker: "five" }] } });
    const {
      output_file_id: output,
      error_file_id: errors,
      request_counts: counts,
    } = await (await createBatch(emulator, lines)).retrieve();
    expect(counts).toEqual({ total: 10, completed: 10, failed: 0 });
    const rows = [await rowsOf(emulator, output), errors === undefined ? [] : await rowsOf(emulator, errors)].flat();
    const own = rows.filter((each) => each.custom_id === "line-4");
    expect(own.map(({ response }) => response)).toMatchObject(responses);
    expect(rows.filter((each) => each.custom_id !== "line-4")).toHaveLength(9);
    expect(emulator.stats().jobs.linesAnswered).toBe(answered);
  });

  test("a row can be cut, by a share of the lines", async () => {
    await using emulator = await startEmulator({ jobs: { rows: [{ row: "cut", rate: 0.4 }] } });
    const batch = await createBatch(emulator, lines);
    const text = await contentOf(emulator, `/v1/files/${(await batch.retrieve()).output_file_id}/content`);
    const whole = text.split("\n").filter((line) => line.endsWith("}"));
    expect(text.trimEnd().split("\n")).toHaveLength(10);
    expect(whole.length).toBeGreaterThan(2);
    expect(whole.length).toBeLessThan(10);
    for (const line of whole) JSON.parse(line);
  });

  test.for<[NonNullable<Jobs["file"]>, (text: string) => unknown[]]>([
    ["crlf", (text) => text.split("\r\n").map((line) => JSON.parse(line) as unknown)],
    ["list", (text) => JSON.parse(text) as unknown[]],
    ["cut", (text) => text.split("\n").map((line) => (line.endsWith("}") ? (JSON.parse(line) as unknown) : "cut"))],
  ])("its output can be in another form: %s", async ([file, read]) => {
    await using emulator = await startEmulator({ jobs: { file } });
    const batch = await createBatch(emulator, lines);
    const text = await contentOf(emulator, `/v1/files/${(await batch.retrieve()).output_file_id}/content`);
    expect(read(text)).toHaveLength(10);
    expect(read(text).indexOf("cut")).toBe(file === "cut" ? 9 : -1);
  });

  test("its counts can contradict its rows, and its end can have no time", async () => {
    await using emulator = await startEmulator();
    const shown = async (jobs: Jobs): Promise<unknown> => {
      emulator.reset({ jobs: { onlyErrorFile: true, ...jobs } });
      return (await createBatch(emulator, lines)).retrieve();
    };
    expect(await shown({})).toMatchObject({ request_counts: { failed: 10 }, completed_at: expect.any(Number) });
    expect(await shown({ counts: "zero" })).toMatchObject({ request_counts: { total: 0, completed: 0, failed: 0 } });
    expect(await shown({ counts: "completed" })).toMatchObject({ request_counts: { completed: 10, failed: 0 } });
    expect(await shown({ counts: "missing", omitEnd: true })).not.toHaveProperty("request_counts");
    expect(await shown({ omitEnd: true })).not.toHaveProperty("completed_at");
  });

  test("a refused line is in the error file with its status", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "BAD", named: true } } });
    const batch = await createBatch(emulator, [lines[0]!, lineOf("bad", { model: "m", input: ["BAD"] })]);
    const { output_file_id: output, error_file_id: errors, request_counts: counts } = await batch.retrieve();
    expect(counts).toEqual({ total: 2, completed: 1, failed: 1 });
    expect(await rowsOf(emulator, output)).toHaveLength(1);
    expect(await rowsOf(emulator, errors)).toMatchObject([
      { custom_id: "bad", error: null, response: { status_code: 400, body: { error: { param: "input[0]" } } } },
    ]);
  });

  test("that expires keeps what is done; the rest is in the error file", async () => {
    await using emulator = await startEmulator({ jobs: { expireRate: 1, expireAfter: 0.3 } });
    const ended = await (await createBatch(emulator, lines)).retrieve();
    expect(ended.status).toBe("expired");
    expect(await rowsOf(emulator, ended.output_file_id)).toHaveLength(3);
    const expired = await rowsOf(emulator, ended.error_file_id);
    expect(expired).toHaveLength(7);
    expect(expired[0]).toMatchObject({ response: null, error: { code: "batch_expired" } });
  });

  test("that is canceled keeps what is done; one that has ended cannot be canceled", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, jobs: { durationMs: 1000, cancelMs: 100 } });
    const batch = await createBatch(emulator, lines);
    clock.advance(500);
    expect((await cancelBatch(emulator, batch.created.id)).body.status).toBe("cancelling");
    clock.advance(100);
    const ended = await batch.retrieve();
    expect(ended.status).toBe("cancelled");
    expect(await rowsOf(emulator, ended.output_file_id)).toHaveLength(5);
    expect((await cancelBatch(emulator, batch.created.id)).status).toBe(409);
  });

  test("over the cap of enqueued tokens is created, and fails", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, tokens: "fast", jobs: { durationMs: 10, enqueuedTokens: 20 } });
    const [first, second] = [await createBatch(emulator, lines), await createBatch(emulator, lines)];
    clock.advance(5);
    expect((await first.retrieve()).status).toBe("in_progress");
    expect(await second.retrieve()).toMatchObject({
      status: "failed",
      errors: { data: [{ code: "token_limit_exceeded" }] },
    });
    clock.advance(10);
    const third = await createBatch(emulator, lines);
    clock.advance(10);
    expect((await third.retrieve()).status).toBe("completed");
  });

  test("names its files late", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, jobs: { missingFileMs: 50 } });
    const batch = await createBatch(emulator, lines);
    expect(await batch.retrieve()).not.toHaveProperty("output_file_id");
    clock.advance(50);
    expect(await batch.retrieve()).toHaveProperty("output_file_id");
  });

  test("with an error file alone; and null where there is nothing", async () => {
    await using emulator = await startEmulator({ jobs: { onlyErrorFile: true, nulls: true } });
    const ended = await (await createBatch(emulator, lines)).retrieve();
    expect(ended).toMatchObject({ status: "completed", output_file_id: null, errors: null, cancelled_at: null });
    expect(await rowsOf(emulator, ended.error_file_id)).toHaveLength(10);
  });

  test("is created although its answer is lost", async () => {
    await using emulator = await startEmulator({ jobs: { lostCreateRate: 1 } });
    await expect(createBatch(emulator, lines)).rejects.toThrow("fetch failed");
    expect(emulator.stats()).toMatchObject({ jobs: { created: 1 }, faults: { lostCreate: 1 } });
  });

  test("whose request met a fault does not exist", async () => {
    await using emulator = await startEmulator();
    const file = await uploadFile(emulator, lines);
    emulator.reset({ faults: { serverErrorRate: 1 } });
    const { status } = await post(`${emulator.url}/v1/batches`, { input_file_id: file.id });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(emulator.stats().jobs.created).toBe(0);
  });
});

describe("refused when it is created", () => {
  const good = { endpoint: "/v1/embeddings", completion_window: "24h" };
  test.each([
    [{ ...good, endpoint: "/v1/models" }, "endpoint"],
    [{ endpoint: "/v1/embeddings" }, "completion_window"],
    [{ ...good, completion_window: "1h" }, "completion_window"],
    [{ ...good, metadata: { tag: 1 } }, "metadata"],
    [{ ...good, input_file_id: "file-none" }, "input_file_id"],
  ])("%j", async (body, param) => {
    await using emulator = await startEmulator();
    const { id } = await uploadFile(emulator, lines);
    const reply = await post(`${emulator.url}/v1/batches`, { input_file_id: id, ...body });
    expect({ status: reply.status, param: reply.body.error.param }).toEqual({ status: 400, param });
  });

  test("a file of another purpose, and one that is not found at once", async () => {
    await using emulator = await startEmulator({ jobs: { fileNotFoundOnce: true } });
    const { id } = await uploadFile(emulator, lines);
    const create = (): ReturnType<typeof post> => post(`${emulator.url}/v1/batches`, { input_file_id: id, ...good });
    expect((await create()).body.error.message).toContain("Cannot find file");
    expect((await create()).status).toBe(200);
    const other = await uploadFile(emulator, lines, "user_data");
    expect((await post(`${emulator.url}/v1/batches`, { input_file_id: other.id, ...good })).status).toBe(400);
  });

  test("more than may be created in an hour", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, jobs: { creationsPerHour: 1 } });
    await createBatch(emulator, lines);
    const { id } = await uploadFile(emulator, lines);
    const reply = await post(`${emulator.url}/v1/batches`, { input_file_id: id, ...good });
    expect([reply.status, reply.body.error.code, reply.headers.get("retry-after")]).toEqual([
      429,
      "rate_limit_exceeded",
      "3600",
    ]);
    clock.advance(3_600_000);
    expect((await post(`${emulator.url}/v1/batches`, { input_file_id: id, ...good })).status).toBe(200);
  });
});

test.each<[string, readonly string[], string, number | null]>([
  ["no JSON", [lines[0]!, "{"], "invalid_json_line", 2],
  [
    "no custom_id",
    [JSON.stringify({ method: "POST", url: "/v1/embeddings", body: {} })],
    "missing_required_parameter",
    1,
  ],
  ["the same custom_id twice", [lines[0]!, lines[0]!], "duplicate_custom_id", 2],
  ["two models", [lines[0]!, lineOf("z", { model: "n", input: ["a"] })], "mismatched_model", 2],
  ["another endpoint", [lineOf("z", { model: "m", input: "a" }, "/v1/responses")], "mismatched_endpoint", 1],
  ["nothing", [], "empty_file", null],
  [
    "too many lines",
    Array.from({ length: 50_001 }, (_, index) => lineOf(String(index), { model: "m", input: "a" })),
    "too_many_tasks",
    null,
  ],
  [
    "too many inputs",
    Array.from({ length: 26 }, (_, index) => lineOf(String(index), { model: "m", input: Array(2000).fill("a") })),
    "too_many_tasks",
    null,
  ],
])("a file with %s fails the batch", async (_, file, code, line) => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const ended = await (await createBatch(emulator, file)).retrieve();
  expect(ended).toMatchObject({ status: "failed", errors: { object: "list", data: [{ code, line }] } });
  expect(ended).not.toHaveProperty("output_file_id");
});

test("batches are listed newest first, page by page", async () => {
  await using emulator = await startEmulator();
  const ids: string[] = [];
  for (const tag of ["a", "b", "c"]) ids.unshift((await createBatch(emulator, lines, { tag })).created.id);
  const list = (query: string): Promise<any> => contentOf(emulator, `/v1/batches${query}`).then(JSON.parse);
  const first = await list("?limit=2");
  expect(first.data.map((batch: { id: string }) => batch.id)).toEqual(ids.slice(0, 2));
  expect(first).toMatchObject({ has_more: true, last_id: ids[1], data: [{ metadata: { tag: "c" } }, {}] });
  const second = await list(`?limit=2&after=${ids[1]}`);
  expect(second.data.map((batch: { id: string }) => batch.id)).toEqual(ids.slice(2));
  expect(second.has_more).toBe(false);
});

describe("files", () => {
  test("are described, listed, read as octets, deleted", async () => {
    await using emulator = await startEmulator();
    const file = await uploadFile(emulator, lines);
    expect(file).toMatchObject({ object: "file", purpose: "batch", filename: "lines.jsonl", status: "processed" });
    const get = (path: string, method = "GET"): Promise<Response> =>
      fetch(`${emulator.url}${path}`, { method, headers: { authorization: "Bearer k" } });
    expect(await (await get(`/v1/files/${file.id}`)).json()).toEqual(file);
    const content = await get(`/v1/files/${file.id}/content`);
    expect(content.headers.get("content-type")).toBe("application/octet-stream");
    expect(await content.text()).toBe(lines.map((line) => `${line}\n`).join(""));
    expect((await readReply(await get("/v1/files?purpose=batch"))).body.data).toEqual([file]);
    expect(await (await get(`/v1/files/${file.id}`, "DELETE")).json()).toMatchObject({ deleted: true });
    expect((await get(`/v1/files/${file.id}`)).status).toBe(404);
  });

  test.each([
    ["no file", { purpose: "batch" }, "file"],
    ["no purpose", { file: new File(["x"], "x.jsonl") }, "purpose"],
    ["no such purpose", { file: new File(["x"], "x.jsonl"), purpose: "fun" }, "purpose"],
  ])("%s", async (_, fields, param) => {
    await using emulator = await startEmulator();
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const headers = { authorization: "Bearer k" };
    const reply = await readReply(await fetch(`${emulator.url}/v1/files`, { method: "POST", headers, body }));
    expect({ status: reply.status, param: reply.body.error.param }).toEqual({ status: 400, param });
  });

  test("a body that is not a form", async () => {
    await using emulator = await startEmulator();
    expect((await post(`${emulator.url}/v1/files`, {})).body.error.message).toContain("multipart/form-data");
  });
});

test("the same run gives the same order, times and faults", async () => {
  const run = async (): Promise<unknown> => {
    const jobs: Behavior["jobs"] = { durationMs: [0, 0], lineErrorRate: 0.3 };
    await using emulator = await startEmulator({ seed: 7, jobs });
    const ended = await (await createBatch(emulator, lines)).retrieve();
    const read = async (id: string): Promise<unknown> => (await rowsOf(emulator, id)).map((row) => row.custom_id);
    return [await read(ended.output_file_id), await read(ended.error_file_id)];
  };
  expect(await run()).toEqual(await run());
});
