import type { Usage } from "@batchwise/core";

/** What Cohere says that a call used: `meta` of embed and rerank, `usage` of chat. */
export interface CohereUsage {
  readonly billedUnits?: Units & { readonly searchUnits?: unknown };
  readonly tokens?: Units;
}

interface Units {
  readonly inputTokens?: unknown;
  readonly outputTokens?: unknown;
}

/**
 * What was billed where Cohere says so, else what the model read and wrote. A search unit is no token: its cost comes
 * along instead, where its price is known.
 */
export function usageIn(said: CohereUsage | null | undefined, perThousandSearches?: number): Usage | undefined {
  const billed = said?.billedUnits;
  const inputTokens = number(billed?.inputTokens) ?? number(said?.tokens?.inputTokens);
  const outputTokens = number(billed?.outputTokens) ?? number(said?.tokens?.outputTokens);
  const searches = number(billed?.searchUnits);
  const cost =
    searches === undefined || perThousandSearches === undefined ? undefined : (searches * perThousandSearches) / 1000;
  if (inputTokens === undefined && outputTokens === undefined && cost === undefined) return undefined;
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cost === undefined ? {} : { cost }),
  };
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
