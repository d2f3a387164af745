import { countIn, fieldsOf, usageFrom } from "@batchwise/adapter-kit";
import type { Usage } from "@batchwise/core";

/**
 * Usage of a call, of `meta` of embed and rerank or `usage` of chat, as the SDK or as the wire spells it: what was billed
 * where Cohere says so, else what the model read and wrote. A search unit is not a token: its cost comes along instead,
 * where its price is known.
 */
export function usageIn(said: unknown, perThousandSearches?: number): Usage | undefined {
  const { billedUnits, billed_units: onWire, tokens } = fieldsOf(said) ?? {};
  const billed = fieldsOf(billedUnits ?? onWire) ?? {};
  const read = fieldsOf(tokens) ?? {};
  const searches = countIn(billed["searchUnits"] ?? billed["search_units"]);
  const known = searches !== undefined && perThousandSearches !== undefined;
  return usageFrom({
    inputTokens: first(billed["inputTokens"], billed["input_tokens"], read["inputTokens"], read["input_tokens"]),
    outputTokens: first(billed["outputTokens"], billed["output_tokens"], read["outputTokens"], read["output_tokens"]),
    cost: known ? (searches * perThousandSearches) / 1000 : undefined,
  });
}

function first(...counts: readonly unknown[]): unknown {
  return counts.find((count) => countIn(count) !== undefined);
}
