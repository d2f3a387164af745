import { ResultError } from "@batchwise/core";
import { fieldsOf, numberIn } from "../fields.ts";
import { kindOf } from "../kind-of.ts";

/**
 * The row of each of `count` inputs, found by the index that it carries, or why none can be told from the others. Rows
 * without any index are in the order of the inputs, and so are those that are all counted on from beyond it. Nothing is
 * ever shifted (P5, P6, L13).
 */
export function placeRows(rows: unknown, count: number): unknown[] {
  if (!Array.isArray(rows)) return none(count, `${kindOf(rows)} where a list should be`);
  const indexes = indexesOf(rows);
  const first = Number(indexes[0]);
  // Counted on from other requests: none of them is an index of ours (xorbitsai/inference#5240).
  const from = rows.length === count && first >= count ? first : undefined;
  if (indexes.every((index, place) => index === (from && from + place))) return placeInOrder(rows, count);
  // An answer to more inputs is the answer to another request.
  if (rows.length > count) return none(count, `${rows.length}`);
  // Counted anew without those that are missing, or one vector made of all inputs.
  if (rows.length < count && indexes.every((index, place) => index === place))
    return none(count, `the first ${rows.length}`);

  const places: unknown[] = Array.from({ length: count });
  for (const [row, index] of indexes.entries()) {
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= count) continue;
    places[index] = places[index] === undefined ? rows[row] : notOne("several");
  }
  // Counted from 1: every row would lie one slot too far.
  if (places[0] === undefined && indexes.includes(count)) return none(count, `index ${count} and no index 0`);
  return places.map((place) => place ?? notOne("none"));
}

/**
 * The index that each row carries, in a text or not. Protocol Buffers leave out a 0, and so does Google's endpoint for OpenAI's
 * SDK.
 */
function indexesOf(rows: readonly unknown[]): unknown[] {
  const given = rows.map((row) => fieldsOf(row)?.["index"] ?? undefined);
  const indexes = given.map((index) => numberIn(index) ?? index);
  const isOneLeftOut = indexes.length > 1 && indexes.filter((index) => index === undefined).length === 1;
  return isOneLeftOut && !indexes.includes(0) ? indexes.map((index) => index ?? 0) : indexes;
}

/** The same for rows that carry no index. */
export function placeInOrder(rows: unknown, count: number): unknown[] {
  if (!Array.isArray(rows)) return none(count, `${kindOf(rows)} where a list should be`);
  return rows.length === count ? rows : none(count, `${rows.length} without an index`);
}

/** One error for all. */
function none(count: number, got: string): ResultError[] {
  const error = new ResultError(
    `Expected ${count} results, one for each input, got ${got}. ` +
      `Which result belongs to which input can't be told, so none is used.`,
  );
  return Array.from({ length: count }, () => error);
}

function notOne(got: string): ResultError {
  return new ResultError(`Expected one result for this input, got ${got}. Send it again.`);
}
