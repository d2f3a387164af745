import { type JobState, sleep } from "@batchwise/core";
import { jobLeft, overdue } from "./errors.ts";
import type { OfflineOptions } from "./options.ts";
import { jittered, type Patience, persist } from "./persist.ts";
import type { JobContext } from "./session.ts";
import { within } from "./signals.ts";

const FIRST_POLL_MS = 15_000;
const LONGEST_POLL_MS = 300_000;
const POLL_FACTOR = 1.5;
/** Longest time for which a job may go on: providers promise a day, and Azure lets it take longer. */
const LONGEST_JOB_HOURS = 72;
const HOUR_MS = 3_600_000;

/**
 * Polls a job until it has ended, less and less often.
 *
 * @param callMs milliseconds after which a call is given up. @default Infinity
 */
export async function pollJob<Input, Output>(
  id: string,
  { session, clock, random, onJob, maxRetryAfterMs }: JobContext<Input, Output>,
  paid: Patience,
  callMs?: number,
): Promise<JobState> {
  const { backend, options } = session;
  const { signal } = paid;
  const firstMs = firstPollMs(options);
  const longestMs = options.maxPollMs ?? Math.max(firstMs, LONGEST_POLL_MS);
  const startedAt = clock.now();
  let delayMs = firstMs;
  for (;;) {
    const state = await persist(() => within(callMs, clock, signal, (call) => backend.poll(id, call)), paid);
    onJob({ type: "polled", id, status: state.status, done: state.done });
    if (state.status === "ended") return state;
    // With a time of its own, the batch says how long it waits.
    const isOver = options.maxWaitMs === undefined && clock.now() - startedAt > LONGEST_JOB_HOURS * HOUR_MS;
    // What it has written by then can be read all the same.
    if (isOver) return { status: "ended", reason: jobLeft(overdue(LONGEST_JOB_HOURS)) };
    const asked = Math.min(state.pollAfterMs ?? 0, maxRetryAfterMs);
    await sleep(Math.max(jittered(delayMs, random), asked), clock, signal);
    delayMs = Math.min(longestMs, delayMs * POLL_FACTOR);
  }
}

/** First wait between two looks at a job, in milliseconds. */
export function firstPollMs({ pollMs = FIRST_POLL_MS }: OfflineOptions): number {
  return pollMs;
}
