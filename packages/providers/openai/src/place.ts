import { ResultError } from "@batchwise/core";

/**
 * The row of each of `count` inputs, found by the index that it carries, or why it can't be told which one that is.
 * Servers that send no index at all send rows in the order of the inputs. Nothing is ever shifted (P5, P6, L13).
 */
export function placeRows(data: unknown, count: number): (object | ResultError)[] {
  if (!Array.isArray(data)) return none(count, `came ${data === null ? "null" : typeof data} where a list should be`);
  const indexes = data.map((row: unknown) => (row as { index?: unknown } | null | undefined)?.index ?? undefined);
  if (indexes.every((index) => index === undefined)) return placeInOrder(data, count);
  // An answer to more inputs is the answer to another request.
  if (data.length > count) return none(count, `came ${data.length}`);

  const places: (object | ResultError | undefined)[] = Array.from({ length: count });
  for (const [row, index] of indexes.entries()) {
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= count) continue;
    places[index] = places[index] === undefined ? (data[row] as object) : several();
  }
  // Counted from 1: every row would lie one slot too far.
  if (places[0] === undefined && indexes.includes(count)) {
    return none(count, `came index ${count} and no index 0`);
  }
  return places.map((place) => place ?? missing());
}

/** The same for an endpoint whose rows carry no index. */
export function placeInOrder(data: unknown, count: number): (object | ResultError)[] {
  if (!Array.isArray(data)) return none(count, `came ${data === null ? "null" : typeof data} where a list should be`);
  if (data.length !== count) return none(count, `came ${data.length} without an index`);
  return data.map((row: unknown) => (typeof row === "object" && row !== null ? row : {}));
}

/** One error for all. */
function none(count: number, came: string): ResultError[] {
  const error = new ResultError(
    `Expected ${count} results, one for each input, ${came}. ` +
      `Which result belongs to which input can't be told, so none is used.`,
  );
  return Array.from({ length: count }, () => error);
}

function missing(): ResultError {
  return new ResultError("Expected a result for this input, came none. Send it again.");
}

function several(): ResultError {
  return new ResultError("Expected one result for this input, came several. Send it again.");
}
