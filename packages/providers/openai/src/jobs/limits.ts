import type { JobCaps } from "@batchwise/core";

/**
 * Limits of a batch: 50,000 requests in a file of 200 MB, and for embeddings 50,000 inputs in all of them. Of these
 * 2,000 can be created in an hour. How many tokens may wait depends on the account: beyond that a batch fails with
 * `token_limit_exceeded`, and is to be sent again later.
 *
 * One input in each line: no cap is reached sooner by it, and an input that is refused fails alone (P36).
 *
 * Source: https://developers.openai.com/api/docs/guides/batch, checked 2026-11-24.
 */
export const JOB_CAPS: JobCaps = {
  lines: 50_000,
  bytes: 200_000_000,
  inputs: 50_000,
  inputsPerLine: 1,
  jobsPerHour: 2000,
};

/**
 * A batch costs half of what the same requests cost live.
 *
 * Source: https://developers.openai.com/api/docs/guides/batch, checked 2026-11-24.
 */
export const JOB_PRICE_SHARE = 0.5;

/**
 * Seconds for which the files of a batch are kept.
 *
 * Source: https://developers.openai.com/api/reference/resources/files/methods/create, checked 2026-11-24.
 */
export const FILES_KEPT_S: number = 30 * 24 * 3600;

/** Milliseconds after its end for which a batch may still be without its files. They are there within seconds as a rule. */
export const FILES_LATE_MS = 3_600_000;

/**
 * The same where one file is there, whose counts may be wrong about the other (vllm-project/aibrix#2253), or where the batch was
 * stopped before any of its lines was done.
 */
export const FILE_LATE_MS = 600_000;

/** Batches in one page of the list, the most there can be. */
export const PAGE = 100;
