import { type Clock, type JobBackend, sleep } from "@batchwise/core";
import { hasNoList } from "./errors.ts";
import { persist, type RetryContext } from "./persist.ts";

/** Looks for a job by its tag. Where the provider has no list of jobs, it cannot be known whether there is one. */
export async function findJob(backend: JobBackend, tag: string, patience: RetryContext): Promise<string | undefined> {
  const { signal } = patience;
  try {
    const jobs = await persist(() => backend.find(tag, { signal }), patience);
    return jobs.find((job) => job.tag === tag)?.id;
  } catch (error) {
    if (hasNoList(error)) return undefined;
    throw error;
  }
}

/**
 * Looks for a job twice: one that has just been created may not be listed yet.
 *
 * @param pause wait between the looks
 */
export async function findLateJob(
  backend: JobBackend,
  tag: string,
  patience: RetryContext,
  pause: { readonly ms: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const id = await findJob(backend, tag, patience);
  if (id !== undefined) return id;
  await sleep(pause.ms, pause.clock, pause.signal);
  return findJob(backend, tag, patience);
}
