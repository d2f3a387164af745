import type { JobStore } from "../jobs/job-store.ts";

/** A moment of the emulator's clock as the API tells it. */
export function toSeconds({ epochMs }: JobStore, ms: number): number {
  return Math.floor((epochMs + ms) / 1000);
}

/** An object of the API: what has no value is left out, or null. */
export function spoken(
  fields: Readonly<Record<string, unknown>>,
  nulls: boolean | undefined,
): Readonly<Record<string, unknown>> {
  if (nulls !== true) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? null]));
}
