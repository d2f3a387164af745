import type { Dice } from "../dice.ts";
import type { Faults } from "../options.ts";

/** What can happen to the rows of an answer. */
export type RowFault = "shuffle" | "missingRow" | "duplicateIndex" | "outOfRangeIndex" | "nan" | "wrongSize";

/** One row of an answer. */
export interface Row {
  /** Position of the input that it belongs to. */
  readonly source: number;
  /** Position that it says it belongs to. */
  readonly index: number;
  readonly flaw: "nan" | "wrongSize" | undefined;
}

/** The rows of an answer, and what went wrong with them. */
export interface Rows {
  readonly rows: readonly Row[];
  readonly faults: readonly RowFault[];
}

/** What an answer's rows are able to get wrong. Without an index, nobody could tell a shuffled answer from a good one. */
export interface RowNature {
  readonly indexed: boolean;
  readonly vectors: boolean;
}

/**
 * The rows of an answer to `count` inputs, in the order in which they are sent.
 *
 * Several faults of one answer befall rows of their own: a wrong index always collides with a right one or lies beyond
 * the last, so that a client which looks closely can always find it.
 */
export function arrangeRows(count: number, nature: RowNature, faults: Faults, dice: Dice): Rows {
  const happened: RowFault[] = [];
  const rows: Row[] = Array.from({ length: count }, (_, source) => ({ source, index: source, flaw: undefined }));
  const untouched = new Set(rows.keys());
  const befall = (fault: RowFault, possible: boolean, needed: number, change: (chosen: number[]) => void): void => {
    if (!possible || untouched.size < needed || !(dice.roll(fault) < (faults[`${fault}Rate`] ?? 0))) return;
    const chosen = Array.from({ length: needed }, (_, each) => {
      const row = [...untouched][dice.pick(`${fault} row ${each}`, untouched.size)] as number;
      untouched.delete(row);
      return row;
    });
    change(chosen);
    happened.push(fault);
  };
  const set = (row: number | undefined, changes: Partial<Row>): void => {
    if (row !== undefined) rows[row] = { ...(rows[row] as Row), ...changes };
  };
  befall("nan", nature.vectors, 1, ([row]) => set(row, { flaw: "nan" }));
  befall("wrongSize", nature.vectors, 1, ([row]) => set(row, { flaw: "wrongSize" }));
  befall("outOfRangeIndex", nature.indexed, 1, ([row]) => set(row, { index: count }));
  befall("duplicateIndex", nature.indexed, 2, ([row, other]) => set(row, { index: other as number }));
  let sent: readonly Row[] = rows;
  befall("missingRow", true, 1, ([row]) => {
    sent = rows.filter((each) => each.source !== row);
  });
  if (nature.indexed && sent.length > 1 && dice.roll("shuffle") < (faults.shuffleRate ?? 0)) {
    sent = shuffled(sent, dice);
    happened.push("shuffle");
  }
  return { rows: sent, faults: happened };
}

/** Another order than before. */
function shuffled(rows: readonly Row[], dice: Dice): Row[] {
  const result = [...rows];
  for (let last = result.length - 1; last > 0; last--) {
    // Below `last`, never at it: every row leaves its place.
    const other = dice.pick(`shuffle ${last}`, last);
    [result[last], result[other]] = [result[other] as Row, result[last] as Row];
  }
  return result;
}
