/** What is read of a batch. Any of it may be missing, or null. */
export interface Batch {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly created_at?: unknown;
  readonly completed_at?: unknown;
  readonly expired_at?: unknown;
  readonly cancelled_at?: unknown;
  readonly input_file_id?: unknown;
  readonly output_file_id?: unknown;
  readonly error_file_id?: unknown;
  readonly request_counts?: { readonly completed?: unknown; readonly failed?: unknown } | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly errors?: { readonly data?: readonly ({ readonly code?: unknown } | null)[] | null } | null;
}

/** A text that says something; undefined for anything else. */
export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A number from 0; undefined for anything else. */
export function countIn(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 ? value : undefined;
}
