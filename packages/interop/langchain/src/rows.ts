/**
 * An answer whose rows carry an index (`{ data: [{ index, embedding }] }`), with one row for each of `count` inputs and
 * in their order. LangChain reads rows as they come, wherever they belong (P5). A row that is missing, or that there
 * are several of, is empty: its input gets an error, and no other one is moved (P6).
 */
export function inOrder(answer: unknown, count: number): unknown {
  const { data } = (answer ?? {}) as { data?: unknown };
  if (!Array.isArray(data)) return answer;
  const indexes = data.map((row: unknown) => (row as { index?: unknown } | null | undefined)?.index);
  if (!indexes.some((index) => typeof index === "number")) return answer;
  const rows = Array.from({ length: count }, (_, index) => {
    const place = indexes.indexOf(index);
    const isOnlyOne = place !== -1 && indexes.lastIndexOf(index) === place;
    return isOnlyOne ? (data[place] as object) : { index };
  });
  return { ...(answer as object), data: rows };
}

/** What an answer says of the tokens that it took: the names of OpenAI's API, which most embedding APIs share. */
export function tokensOf(answer: unknown): number | undefined {
  const { usage } = (answer ?? {}) as { usage?: Readonly<Record<string, unknown>> | null };
  const tokens = usage?.["prompt_tokens"] ?? usage?.["total_tokens"];
  return typeof tokens === "number" && Number.isFinite(tokens) ? tokens : undefined;
}
