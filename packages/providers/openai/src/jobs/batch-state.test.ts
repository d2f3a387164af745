import { expect, test } from "vitest";
import { type Batch, batchesIn, batchIn, filesIn, hasEnded, stateOf } from "./batch-state.ts";

const NOW = Date.UTC(2026, 10, 24);
const none = new Headers({ date: new Date(NOW).toUTCString() });
const seconds = NOW / 1000;
const files = { output_file_id: "file-1", error_file_id: null };
const counts = (completed: number, failed: number): Batch => ({ request_counts: { completed, failed } });

test.for<[string, Batch]>([
  ["validating", {}],
  ["in_progress", counts(3, 1)],
  ["finalizing", counts(3, 1)],
  ["cancelling", counts(3, 1)],
  ["a status to come", {}],
])("%s is running", ([status, more]) => {
  const { status: state, reason } = stateOf({ status, ...more }, none);
  expect({ state, reason }).toEqual({ state: "running", reason: undefined });
  expect(hasEnded({ status })).toBe(false);
});

test.for<[string, Batch, "running" | "ended"]>([
  ["no file", { ...counts(3, 0), output_file_id: null }, "running"],
  ["no file, and counts of nothing", { ...counts(0, 0) }, "running"],
  ["no file, and no counts", { request_counts: null }, "running"],
  ["no output file, of answered lines", { ...counts(3, 1), error_file_id: "file-2" }, "running"],
  ["no error file, of failed lines", { ...counts(3, 1), ...files }, "running"],
  ["an error file alone, of failed lines alone", { ...counts(0, 4), error_file_id: "file-2" }, "ended"],
  ["an output file alone, of answered lines alone", { ...counts(4, 0), ...files }, "ended"],
  ["both files", { ...counts(3, 1), output_file_id: "file-1", error_file_id: "file-2" }, "ended"],
  ["a file, and no counts", { ...files, request_counts: null }, "ended"],
])("P31 completed with %s is %s", ([, more, state]) => {
  expect(stateOf({ status: "completed", completed_at: seconds - 60, ...more }, none).status).toBe(state);
});

test("P31 files that have not come an hour after the end never will: its lines may be sent again", () => {
  const batch = { status: "completed", completed_at: seconds - 3601, ...counts(3, 0) };
  expect(stateOf(batch, none)).toMatchObject({ status: "ended", reason: { retryable: true } });
  expect(stateOf(batch, new Headers()).status).toBe("running");
  const late = { ...batch, status: "expired", completed_at: null, expired_at: seconds - 3601 };
  expect(stateOf(late, none)).toMatchObject({ status: "ended", reason: { providerCode: "batch_expired" } });
});

test.for(["expired", "cancelled"])("P32 %s waits for its files, and says that the rest may be sent again", (status) => {
  expect(stateOf({ status, ...counts(2, 0) }, none).status).toBe("running");
  expect(stateOf({ status, ...counts(2, 0), ...files }, none)).toMatchObject({
    status: "ended",
    done: 2,
    reason: { retryable: true, providerCode: `batch_${status}` },
  });
});

test("one that was cancelled before its first line has no files to wait for", () => {
  expect(stateOf({ status: "cancelled", ...counts(0, 0) }, none).status).toBe("ended");
});

test.for<[unknown, object]>([
  ["token_limit_exceeded", { code: "rate_limited", retryable: true }],
  ["insufficient_quota", { code: "quota_exceeded", retryable: false }],
  ["model_not_found", { code: "invalid_argument", retryable: false }],
  ["server_error", { code: "provider_error", retryable: true }],
  ["duplicate_custom_id", { code: "invalid_argument", retryable: false }],
  ["context_length_exceeded", { code: "invalid_argument", retryable: false }],
  [null, { code: "provider_error", retryable: true }],
])("P30 failed with %s: what to do follows from the code alone", ([code, expected]) => {
  const errors = { data: [{ code, message: "canary: rate limit, try again" }] };
  const { status, reason } = stateOf({ status: "failed", errors }, none);
  expect(status).toBe("ended");
  expect(reason).toMatchObject(expected);
  expect(reason!.message).not.toContain("canary");
});

test("failed without any errors may be sent again", () => {
  for (const errors of [null, undefined, { data: null }, { data: [] }, { data: [null] }]) {
    expect(stateOf({ status: "failed", errors } as Batch, none).reason).toMatchObject({ retryable: true });
  }
});

test.for<[string, Batch]>([
  // BerriAI/litellm#38744: counts of 0 for every batch of Bedrock's.
  ["no counts of nothing", counts(0, 0)],
  // vllm-project/aibrix#2253: failed lines are counted as completed, so that an output file is promised.
  ["an output that is not there", { ...counts(4, 0), error_file_id: "file-2" }],
  ["less than nothing", { ...counts(-1, -3), output_file_id: null }],
  // BerriAI/litellm#37713: completed before the file's id is there.
  ["files that are late", { ...counts(4, 0), output_file_id: null }],
])("P53 counts of %s, and no time of its end: it comes to an end all the same", ([, more]) => {
  const batch = { status: "completed", ...more };
  expect(stateOf(batch, none, 60_000).status).toBe("running");
  expect(stateOf(batch, new Headers(), 3_600_001).status).toBe("ended");
});

test.for([
  ["JOB_STATE_SUCCEEDED", undefined],
  ["canceled", "batch_cancelled"],
  ["TIMEOUT_EXCEEDED", "batch_expired"],
])("P53 another server's word for an end, %s, means what it says", ([status, providerCode]) => {
  const { reason, ...state } = stateOf({ status, ...counts(3, 0), ...files }, none);
  expect(state.status).toBe("ended");
  expect((reason as { providerCode?: string } | undefined)?.providerCode).toBe(providerCode);
});

test("P53 an unknown word is one of an end where the batch has the time of its end", () => {
  const batch = { status: "archived", ...counts(3, 0), ...files };
  expect(stateOf(batch, none).status).toBe("running");
  expect(stateOf({ ...batch, completed_at: seconds - 5 }, none)).toEqual({ status: "ended", done: 3 });
  expect(stateOf({ ...batch, status: "finalizing", completed_at: seconds - 5 }, none).status).toBe("running");
});

test("the wait that the provider asks for is passed on", () => {
  expect(stateOf({ status: "in_progress" }, new Headers({ "retry-after": "30" })).pollAfterMs).toBe(30_000);
});

// docs.together.ai/reference/batch-create, docs.together.ai/docs/inference/batch/manage, docs.siliconflow.cn/docs/api/files-post
test("P53 batches in one more object, or in a list, are those in it; what is none has no id", () => {
  const batch = { id: "b", data: { id: "c" } };
  for (const answer of [batch, { job: batch, warning: "" }, { code: 20000, data: batch }])
    expect(batchIn(answer)).toBe(batch);
  for (const answer of [{ job: "b" }, { data: [batch] }, { data: null }, { job: {} }])
    expect(batchIn(answer).id).toBeUndefined();
  for (const page of [[batch], { data: [batch] }, { data: { list: [batch] } }, { list: [batch] }])
    expect(batchesIn(page)).toEqual([batch]);
  for (const page of [null, 7, {}, { data: null }, { data: {} }, { data: "b" }]) expect(batchesIn(page)).toEqual([]);
});

// Servers whose ids are numbers; "" is tobert/kaibo#93.
test("P53 files have ids that are texts or numbers, and neither nothing nor 0", () => {
  expect(filesIn({ output_file_id: "o", error_file_id: 7 })).toEqual(["o", "7"]);
  for (const none of [undefined, null, "", 0])
    expect(filesIn({ output_file_id: none, error_file_id: none })).toEqual([undefined, undefined]);
});
