import { countIn, fieldsOf, placeRows } from "@batchwise/adapter-kit";

/**
 * An answer's list of rows (`{ data: [{ index, embedding }] }`) with one row for each of `count` inputs and in their order.
 * LangChain reads rows as they come, wherever they belong (P5). A row that is missing, or that there are several of, is empty:
 * its input gets an error, and no other one is moved (P6).
 *
 * @param count undefined where it is not known: then the number of rows
 */
export function inOrder(answer: unknown, count: number | undefined): unknown {
  const data = fieldsOf(answer)?.["data"];
  if (!Array.isArray(data)) return answer;
  const rows = placeRows(data, count ?? data.length).map((row, index) =>
    row instanceof Error ? { index } : (row ?? { index }),
  );
  return { ...(answer as object), data: rows };
}

/** Tokens that an answer says it took, by the names of OpenAI's API, which most embedding APIs share. */
export function tokensOf(answer: unknown): number | undefined {
  const { prompt_tokens: prompt, total_tokens: total } = fieldsOf(fieldsOf(answer)?.["usage"]) ?? {};
  return countIn(prompt ?? total);
}
