import { expect, test } from "vitest";
import { jobEnding } from "./job-ending.ts";

// Statuses of the batches of OpenAI, Azure and Groq (in small letters), Mistral (docs.mistral.ai), Together, Gemini
// (ai.google.dev, googleapis/python-genai#1482), Anthropic (`ended`), Bedrock (opensearch-project/ml-commons#3421,
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html) and Cohere.
test.for<[string, readonly unknown[]]>([
  ["completed", ["completed", "COMPLETED", "SUCCESS", "JOB_STATE_SUCCEEDED", "ended", "BATCH_STATUS_COMPLETED"]],
  ["completed", ["PartiallyCompleted", "JOB_STATE_PARTIALLY_SUCCEEDED"]],
  ["cancelled", ["Stopped"]],
  ["failed", ["failed", "FAILED", "JOB_STATE_FAILED", "error", "BATCH_STATUS_FAILED"]],
  ["expired", ["expired", "TIMEOUT_EXCEEDED", "JOB_STATE_EXPIRED", "timed_out"]],
  ["cancelled", ["cancelled", "canceled", "CANCELLED", "JOB_STATE_CANCELLED", "BATCH_STATUS_CANCELED"]],
])("P53 words for %s", ([ending, words]) => {
  expect(words.map(jobEnding)).toEqual(words.map(() => ending));
});

test("P53 a job of any other word goes on", () => {
  const words = [
    "validating",
    "in_progress",
    "finalizing",
    "cancelling",
    "QUEUED",
    "RUNNING",
    "canceling",
    "Stopping",
    "Submitted",
    "",
    null,
    3,
  ];
  const others = ["CANCELLATION_REQUESTED", "JOB_STATE_PENDING", "BATCH_STATUS_UNSPECIFIED", undefined, "incompleted"];
  expect([...words, ...others].map(jobEnding)).toEqual([...words, ...others].map(() => undefined));
});
