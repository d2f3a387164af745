import { ProviderError, type Settlement } from "@batchwise/core";

/** What a failed request tells of its host's limits. */
export function settlementOf(error: unknown): Settlement {
  if (!ProviderError.isInstance(error)) return { outcome: "failed" };
  const { status, retryAfterMs } = error;
  return {
    outcome: status === 429 ? "limited" : "failed",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
