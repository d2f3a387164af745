import type { JobStore } from "../jobs/job-store.ts";

/** Time of the emulator's clock in the API's seconds. */
export function toSeconds({ epochMs }: JobStore, ms: number): number {
  return Math.floor((epochMs + ms) / 1000);
}

/** Object of the API, whose fields without a value are left out or null. */
export function apiObject(
  fields: Readonly<Record<string, unknown>>,
  nulls: boolean | undefined,
): Readonly<Record<string, unknown>> {
  if (nulls !== true) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? null]));
}
