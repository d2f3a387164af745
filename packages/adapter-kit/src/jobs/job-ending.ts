/** Ends of a job. */
export type JobEnding = "completed" | "failed" | "expired" | "cancelled";

/**
 * Words for the ends of a job: OpenAI's, and those that servers of other kinds use or hand on, such as Mistral's `SUCCESS`
 * and `TIMEOUT_EXCEEDED`, Gemini's `JOB_STATE_SUCCEEDED`, Bedrock's `PartiallyCompleted` and `Stopped`, or Cohere's
 * `BATCH_STATUS_CANCELED`.
 */
const ENDINGS: readonly (readonly [RegExp, JobEnding])[] = [
  [/^(partially_?)?(completed?|succeeded|success|done|ended|finished)(_with_errors)?$/, "completed"],
  [/^(failed|failure|error|errored)$/, "failed"],
  [/^(expired|time(d_)?out|timeout_exceeded)$/, "expired"],
  [/^(cancell?ed|stopped|aborted)$/, "cancelled"],
];

/** The end that a status speaks of; undefined for one of a job that goes on, and for an unknown one. */
export function jobEnding(status: unknown): JobEnding | undefined {
  const word = String(status)
    .toLowerCase()
    .replace(/^(batch|job)_(state|status)_/, "");
  return ENDINGS.find(([pattern]) => pattern.test(word))?.[1];
}
