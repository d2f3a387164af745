import type { Call } from "../server/route.ts";
import { invalid } from "./errors.ts";
import { MAX_PAGE, DEFAULT_PAGE } from "./limits.ts";

/** Part of a list that `limit` and `after` ask for. @throws Refusal */
export function page<Item extends { readonly id: string }>(
  { query }: Call,
  items: readonly Item[],
): { readonly shown: readonly Item[]; readonly hasMore: boolean } {
  const limit = Number(query.get("limit") ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw invalid(`Invalid 'limit': expected an integer from 1 to ${MAX_PAGE}.`, "limit", "invalid_value");
  }
  const after = query.get("after");
  const start = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw invalid("Invalid 'after': no such object.", "after", "invalid_value");
  return { shown: items.slice(start, start + limit), hasMore: start + limit < items.length };
}
