import { runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { JobLeftError } from "./errors.ts";
import { batchWorld as world } from "./testing/batch-api.ts";

const texts = Array.from({ length: 10 }, (_, index) => "x".repeat(index + 1));
const vectors = texts.map((text) => Float32Array.of(text.length));

/** An answer with this content in place of an object with an id, after the call has done its work. */
const instead =
  (call: string, content: unknown) =>
  (made: string): Response | undefined =>
    made === call ? Response.json(content) : undefined;

describe("P53 a job is known by its id, wherever it is", () => {
  test.for<[string, string, unknown]>([
    // docs.together.ai/reference/batch-create
    ["of a batch, in `job`", "POST /batches", { job: { id: "batch-0", status: "VALIDATING" }, warning: "" }],
    ["of a batch, in `data`", "POST /batches", { code: 0, data: { id: "batch-0" } }],
    // docs.siliconflow.cn/docs/api/files-post
    ["of an upload", "POST /files", { code: 20000, message: "Ok", status: true, data: { id: "file-in-0" } }],
  ])("%s", async ([, call, content]) => {
    const { clock, api, jobs } = world({ lose: instead(call, content) });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
    expect(api.count(/^GET .batches$/)).toBe(0);
  });

  test.for<[string, (job: object) => unknown]>([
    // docs.together.ai/docs/inference/batch/manage
    ["a list", (job) => [job, null]],
    ["a list in `data`", (job) => ({ code: 0, data: { list: [job] } })],
  ])("looked for in %s", async ([, page]) => {
    const listed = page({ id: "batch-0", input_file_id: "file-in-0" });
    const lose = (call: string): Response | undefined =>
      call === "GET /batches" ? Response.json(listed) : call === "POST /batches" ? Response.json({}) : undefined;
    const { clock, api, jobs } = world({ lose });
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
  });
});

// A gateway's empty answer (201 without a body), and what has no id in any place that is known.
test.for<[string, () => Response]>([
  ["no id", () => Response.json({ ok: true })],
  ["no body", () => new Response("", { status: 201 })],
  ["a list", () => Response.json([])],
  ["an id whose last digits are lost", () => new Response(`{"id":12345678901234567890}`)],
])("P53 a job that was taken with %s is not created again and again", async ([, answer]) => {
  const lists: readonly unknown[] = [{ data: null }, { data: { total: 0 } }, "nothing"];
  for (const page of lists) {
    const lose = (call: string): Response | undefined =>
      call === "POST /batches" ? answer() : call === "GET /batches" ? Response.json(page) : undefined;
    const { clock, api, jobs } = world({ lose });
    const slots = await runOn(clock, jobs.batch(texts, { returnExceptions: true }));
    expect(api.jobs).toHaveLength(2);
    expect(slots.every((slot) => JobLeftError.isInstance(slot))).toBe(true);
    expect(slots[0]).toMatchObject({ providerCode: "id_missing", retryable: false });
    expect((slots[0] as Error).message).toContain("Expected the `id` of a job that was created, got status 20");
  }
});
