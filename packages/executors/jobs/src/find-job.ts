import type { JobBackend } from "@batchwise/core";
import { hasNoList } from "./errors.ts";
import { persist, type RetryContext } from "./persist.ts";

/**
 * Looks for a job by its tag, and once more after `pause`: one that has just been created may not be listed yet. Where the
 * provider has no list of jobs, it cannot be known whether there is one.
 */
export async function findJob(
  backend: JobBackend,
  tag: string,
  patience: RetryContext,
  pause?: () => Promise<void>,
): Promise<string | undefined> {
  const { signal } = patience;
  try {
    const jobs = await persist(() => backend.find(tag, { signal }), patience);
    const id = jobs.find((job) => job.tag === tag)?.id;
    if (id !== undefined || pause === undefined) return id;
  } catch (error) {
    if (!hasNoList(error)) throw error;
  }
  await pause?.();
  return pause && findJob(backend, tag, patience);
}
