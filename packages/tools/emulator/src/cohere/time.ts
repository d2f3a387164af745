import type { JobStore } from "../jobs/job-store.ts";

/** Time of the emulator's clock in Cohere's form. */
export function toTime({ epochMs }: JobStore, ms: number): string {
  return new Date(epochMs + ms).toISOString();
}
