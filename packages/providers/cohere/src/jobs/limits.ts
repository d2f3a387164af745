import type { JobCaps } from "@batchwise/core";

/**
 * Limits of a batch. Cohere states no number of lines, and takes datasets of 1.5 GB; 200 MB are the most that is put
 * into one, because it is in memory while it is written.
 *
 * One input in each line, as Cohere's own example has it: an input that is refused fails alone (P36).
 *
 * Source: https://docs.cohere.com/docs/datasets, checked 2026-11-24.
 */
export const JOB_CAPS: JobCaps = { bytes: 200_000_000, inputsPerLine: 1 };

/**
 * Names that batches have for models, where they are others than the live endpoint's.
 *
 * Source: https://github.com/cohere-ai/cohere-developer-experience/blob/main/notebooks/guides/Batch_Inference_with_Cohere.ipynb,
 * checked 2026-11-24.
 */
const JOB_MODELS: Readonly<Record<string, string>> = { "embed-v4.0": "batch-embed-v4" };

/** Name that batches have for a model: as the caller says, else as it is known, else as the live endpoint does. */
export function jobModelOf(model: string, said: string | undefined): string {
  return said ?? (Object.hasOwn(JOB_MODELS, model) ? (JOB_MODELS[model] as string) : model);
}

/** Milliseconds after its end for which a batch may still be without its output. */
export const OUTPUT_LATE_MS = 3_600_000;

/** Milliseconds for which a batch's output is kept: 30 days. https://docs.cohere.com/docs/datasets, checked 2026-11-24 */
export const OUTPUT_KEPT_MS: number = 30 * 24 * 3_600_000;

/** Milliseconds for which Cohere may look at a dataset before a batch can read it. A few seconds are usual. */
export const VALIDATION_MS = 900_000;

/** Batches in one page of the list: the most there can be. https://docs.cohere.com/reference/list-batches, 2026-11-24 */
export const PAGE = 1000;
