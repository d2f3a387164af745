import { describe, expect, test } from "vitest";

import { avroRows, createCohereBatch, get, uploadDataset } from "../fixtures/cohere-batch.ts";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const common = { input_type: "search_document", embedding_types: ["float"], output_dimension: 256 };
const lines = ["a", "b", "c", "d"].map((text) => ({
  custom_id: text,
  body: { ...common, inputs: [{ content: [{ type: "text", text }] }] },
}));

describe("a batch", () => {
  test("answers in Avro as the live endpoint does, matched by custom_id", async () => {
    await using emulator = await startEmulator();
    const created = await createCohereBatch(emulator, lines);
    expect(created).toMatchObject({ name: "job", status: "BATCH_STATUS_QUEUED", num_records: 4 });
    const { batch } = (await get(emulator, `/v2/batches/${created.id}`)).body;
    expect(batch).toMatchObject({
      status: "BATCH_STATUS_COMPLETED",
      num_successful_records: 4,
      num_failed_records: 0,
      model: "batch-embed-v4",
    });
    const rows = await avroRows(emulator, batch.output_dataset_id);
    expect(rows.map((row) => row.custom_id)).not.toEqual(["a", "b", "c", "d"]);
    for (const { custom_id: text, body } of rows) {
      const live = await post(`${emulator.url}/v2/embed`, { model: "m", ...common, texts: [text] });
      const floats = (vector: number[]): number[] => [...Float32Array.from(vector)];
      expect(floats(body.embeddings.float[0])).toEqual(floats(live.body.embeddings.float[0]));
      expect(body.meta).toEqual(live.body.meta);
    }
    expect(emulator.stats().jobs.byTag).toEqual({ job: { created: 1, linesAnswered: 4 } });
  });

  test("of chat", async () => {
    await using emulator = await startEmulator();
    const chat = { custom_id: "x", body: { messages: [{ role: "user", content: "hi" }] } };
    const { id } = await createCohereBatch(emulator, [chat], "batch-chat-v2-input");
    const [row] = await avroRows(emulator, (await get(emulator, `/v2/batches/${id}`)).body.batch.output_dataset_id);
    expect(row.body.message.content).toEqual([{ type: "text", text: "Echo: hi" }]);
    expect(row.body.usage.billed_units.output_tokens).toBeGreaterThan(0);
  });

  test("a refused line has its status, and the batch is completed", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "b" } } });
    const { id } = await createCohereBatch(emulator, lines);
    const { batch } = (await get(emulator, `/v2/batches/${id}`)).body;
    expect(batch).toMatchObject({ status: "BATCH_STATUS_COMPLETED", num_successful_records: 3, num_failed_records: 1 });
    const rows = await avroRows(emulator, batch.output_dataset_id);
    expect(rows.find((row) => row.custom_id === "b")).toMatchObject({ body: null, error: { status_code: 400 } });
  });

  test.each(["CANCELED", "CANCELLED"] as const)("that is %s", async (canceledSpelling) => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, jobs: { durationMs: 1000, cancelMs: 10, canceledSpelling } });
    const { id } = await createCohereBatch(emulator, lines);
    clock.advance(500);
    const status = async (): Promise<string> => (await get(emulator, `/v2/batches/${id}`)).body.batch.status;
    expect(await status()).toBe("BATCH_STATUS_IN_PROGRESS");
    expect(await get(emulator, `/v2/batches/${id}:cancel`, "POST")).toMatchObject({ status: 200, body: {} });
    expect(await status()).toBe("BATCH_STATUS_CANCELING");
    clock.advance(10);
    expect(await status()).toBe(`BATCH_STATUS_${canceledSpelling}`);
    expect((await get(emulator, `/v2/batches/${id}:cancel`, "POST")).status).toBe(400);
  });

  test("that expires or is over the cap of enqueued tokens has failed", async () => {
    for (const jobs of [{ expireRate: 1 }, { enqueuedTokens: 0 }]) {
      await using emulator = await startEmulator({ jobs });
      const { id } = await createCohereBatch(emulator, lines);
      const { batch } = (await get(emulator, `/v2/batches/${id}`)).body;
      expect(batch).toMatchObject({ status: "BATCH_STATUS_FAILED", status_reason: expect.any(String) });
    }
  });

  test("is listed newest first, page by page", async () => {
    await using emulator = await startEmulator();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.unshift((await createCohereBatch(emulator, lines)).id);
    const { body: first } = await get(emulator, "/v2/batches?page_size=2");
    const { body: second } = await get(emulator, `/v2/batches?page_size=2&page_token=${first.next_page_token}`);
    const listed = [...first.batches, ...second.batches].map((batch: { id: string }) => batch.id);
    expect({ listed, more: second.next_page_token }).toEqual({ listed: ids, more: undefined });
  });

  test.each([
    [{}, 400, "name is required"],
    [{ name: "n" }, 400, "model is required"],
    [{ name: "n", model: "m" }, 404, "dataset not found"],
  ])("is refused: %j", async (body, status, message) => {
    await using emulator = await startEmulator();
    const reply = await post(`${emulator.url}/v2/batches`, body);
    expect({ status: reply.status, message: reply.body.message }).toEqual({
      status,
      message: expect.stringContaining(message),
    });
  });

  test("more than may be created in an hour", async () => {
    await using emulator = await startEmulator({ jobs: { creationsPerHour: 1 } });
    await createCohereBatch(emulator, lines);
    const { body } = await uploadDataset(emulator, lines);
    const request = { name: "n", model: "m", input_dataset_id: body.id };
    expect((await post(`${emulator.url}/v2/batches`, request)).status).toBe(429);
  });
});

describe("a dataset", () => {
  test("is validated before a batch can read it", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, jobs: { validationMs: 100 } });
    const { id } = (await uploadDataset(emulator, lines)).body;
    const request = { name: "n", model: "m", input_dataset_id: id };
    expect((await post(`${emulator.url}/v2/batches`, request)).body.message).toContain("not validated");
    expect((await get(emulator, `/v1/datasets/${id}`)).body.dataset.validation_status).toBe("processing");
    clock.advance(100);
    expect((await get(emulator, `/v1/datasets/${id}`)).body.dataset).toMatchObject({
      validation_status: "validated",
      dataset_type: "batch-embed-v2-input",
      dataset_parts: [{ num_rows: 4 }],
    });
    expect((await get(emulator, `/v1/datasets/${id}`, "DELETE")).status).toBe(200);
    expect((await get(emulator, `/v1/datasets/${id}`)).status).toBe(404);
  });

  test.each([
    ["no rows", []],
    ["a row without a body", [{ custom_id: "a" }]],
    ["one custom_id twice", [lines[0]!, lines[0]!]],
  ])("with %s fails", async (_, rows) => {
    await using emulator = await startEmulator();
    const { id } = (await uploadDataset(emulator, rows)).body;
    expect((await get(emulator, `/v1/datasets/${id}`)).body.dataset).toMatchObject({
      validation_status: "failed",
      validation_error: expect.any(String),
    });
  });

  test.each([
    ["type=batch-embed-v2-input", "name is required"],
    ["name=n", "type is required"],
    ["name=n&type=x", "type must be one of"],
  ])("is refused with %s", async (query, message) => {
    await using emulator = await startEmulator();
    const { status, body } = await uploadDataset(emulator, lines, query);
    expect({ status, message: body.message }).toEqual({ status: 400, message: expect.stringContaining(message) });
  });
});
