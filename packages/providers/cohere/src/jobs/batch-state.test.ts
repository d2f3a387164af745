import { expect, test } from "vitest";
import { type Batch, hasEnded, isLate, stateOf } from "./batch-state.ts";

const NOW = Date.UTC(2026, 10, 24);
const said = (batch: object): Batch => ({ updatedAt: new Date(NOW - 1000), ...batch });
const output = { outputDatasetId: "output-1" };
const counts = { numSuccessfulRecords: 3, numFailedRecords: 1 };

test.for([
  "BATCH_STATUS_UNSPECIFIED",
  "BATCH_STATUS_QUEUED",
  "BATCH_STATUS_IN_PROGRESS",
  "BATCH_STATUS_CANCELING",
  "BATCH_STATUS_TO_COME",
  null,
])("%s is running", (status) => {
  expect(stateOf(said({ status, ...counts }), false)).toEqual({ status: "running", done: 4 });
  expect(hasEnded(said({ status }))).toBe(false);
});

test.for<[string, object, "running" | "ended"]>([
  ["no output", counts, "running"],
  ["an output without a name", { ...counts, outputDatasetId: "" }, "running"],
  ["an output of null", { ...counts, outputDatasetId: null }, "running"],
  ["no output, where no line was answered", { numSuccessfulRecords: 0, numFailedRecords: 4 }, "ended"],
  ["its output", { ...counts, ...output }, "ended"],
  ["its output, and no counts", output, "ended"],
])("P31 completed with %s is %s", ([, more, status]) => {
  const state = stateOf(said({ status: "BATCH_STATUS_COMPLETED", ...more }), false);
  expect([state.status, state.reason]).toEqual([status, undefined]);
});

test("P31 output that has not come an hour after the end never will: its lines may be sent again", () => {
  const batch = said({ status: "BATCH_STATUS_COMPLETED", ...counts, updatedAt: new Date(NOW - 3_600_001) });
  expect(isLate(batch, NOW, 0)).toBe(true);
  expect(stateOf(batch, true)).toMatchObject({ status: "ended", reason: { retryable: true } });
});

test.for([undefined, null, "soon"])(
  "P53 a batch whose last change was at %s is late an hour after it was seen to have ended",
  (updatedAt) => {
    const batch = said({ status: "BATCH_STATUS_COMPLETED", ...counts, updatedAt });
    expect([isLate(batch, NOW, 3_599_000), isLate(batch, NOW, 3_600_001)]).toEqual([false, true]);
  },
);

test.for([
  [-3, undefined],
  ["3", undefined],
  [null, undefined],
  [3, 3],
])("P53 a count of %j is not added up", ([numSuccessfulRecords, done]) => {
  const batch = said({ status: "BATCH_STATUS_IN_PROGRESS", numSuccessfulRecords, numFailedRecords: -1 });
  expect(stateOf(batch, false).done).toBe(done);
});

test.for(["BATCH_STATUS_CANCELED", "BATCH_STATUS_CANCELLED", "BATCH_STATUS_FAILED"])(
  "P32 %s waits for what was answered, and says that the rest may be sent again; never in Cohere's words",
  (status) => {
    expect(stateOf(said({ status, ...counts }), false).status).toBe("running");
    for (const more of [{ ...counts, ...output }, { numSuccessfulRecords: 0 }, {}]) {
      const { status: state, reason } = stateOf(said({ status, statusReason: "canary", ...more }), false);
      expect(state).toBe("ended");
      expect(reason).toMatchObject({
        retryable: true,
        providerCode: expect.stringMatching(/^batch_(failed|cancelled)$/),
      });
      expect(reason!.message).not.toContain("canary");
    }
  },
);
