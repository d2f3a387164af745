import type { JobStore } from "../jobs/job-store.ts";

/** A moment of the emulator's clock as Cohere tells it. */
export function toTime({ epochMs }: JobStore, ms: number): string {
  return new Date(epochMs + ms).toISOString();
}
