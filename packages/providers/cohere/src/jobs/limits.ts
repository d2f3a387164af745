import type { JobCaps } from "@batchwise/core";

/**
 * What a batch may hold. Cohere states no number of lines, and takes datasets of 1.5 GB; 200 MB are the most that is put
 * into one, because it is in memory while it is written.
 *
 * One input in each line, as Cohere's own example has it: an input that is refused fails alone (P36).
 *
 * Source: https://docs.cohere.com/docs/datasets, checked 2026-11-24.
 */
export const JOB_CAPS: JobCaps = { bytes: 200_000_000, inputsPerLine: 1 };

/**
 * What batches call a model, where it is another name than the live endpoint's.
 *
 * Source: https://github.com/cohere-ai/cohere-developer-experience/blob/main/notebooks/guides/Batch_Inference_with_Cohere.ipynb,
 * checked 2026-11-24.
 */
const JOB_MODELS: Readonly<Record<string, string>> = { "embed-v4.0": "batch-embed-v4" };

/** What batches call a model: as the caller says, else as it is known, else as the live endpoint does. */
export function jobModelOf(model: string, said: string | undefined): string {
  return said ?? (Object.hasOwn(JOB_MODELS, model) ? (JOB_MODELS[model] as string) : model);
}

/** How long after its end a batch may still be without its output, in milliseconds. */
export const OUTPUT_LATE_MS = 3_600_000;

/** How long Cohere may look at a dataset before a batch can read it, in milliseconds. A few seconds are usual. */
export const VALIDATION_MS = 900_000;

/** Batches in one page of the list: the most there can be. https://docs.cohere.com/reference/list-batches, 2026-11-24 */
export const PAGE = 1000;
