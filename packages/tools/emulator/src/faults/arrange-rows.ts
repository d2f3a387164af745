import type { Dice } from "../dice.ts";
import type { Faults } from "../options.ts";

/** Fault of the rows of an answer. */
export type RowFault = "shuffle" | "missingRow" | "duplicateIndex" | "outOfRangeIndex" | "nan" | "zero" | "wrongSize";

/** Row of an answer. */
export interface Row {
  /** Position of the input that it belongs to. */
  readonly source: number;
  /** Position that it claims. */
  readonly index: number;
  readonly flaw: "nan" | "zero" | "wrongSize" | undefined;
}

/** Rows of an answer, and the faults injected into them. */
export interface Rows {
  readonly rows: readonly Row[];
  readonly faults: readonly RowFault[];
}

/** Parts of a row that can be wrong. Without an index, a client could not tell a shuffled answer from a good one. */
export interface RowShape {
  readonly indexed: boolean;
  readonly vectors: boolean;
}

/**
 * Rows of an answer to `count` inputs, in the order in which they are sent.
 *
 * Each fault of an answer hits its own rows: a wrong index always collides with a right one or lies beyond the last, so
 * that a careful client can always find it.
 */
export function arrangeRows(count: number, shape: RowShape, faults: Faults, dice: Dice): Rows {
  const injected: RowFault[] = [];
  const rows: Row[] = Array.from({ length: count }, (_, source) => ({ source, index: source, flaw: undefined }));
  const untouched = new Set(rows.keys());
  const inject = (fault: RowFault, possible: boolean, needed: number, change: (chosen: number[]) => void): void => {
    if (!possible || untouched.size < needed || !(dice.roll(fault) < (faults[`${fault}Rate`] ?? 0))) return;
    const chosen = Array.from({ length: needed }, (_, each) => {
      const row = [...untouched][dice.pick(`${fault} row ${each}`, untouched.size)] as number;
      untouched.delete(row);
      return row;
    });
    change(chosen);
    injected.push(fault);
  };
  const set = (row: number | undefined, changes: Partial<Row>): void => {
    if (row !== undefined) rows[row] = { ...(rows[row] as Row), ...changes };
  };
  inject("nan", shape.vectors, 1, ([row]) => set(row, { flaw: "nan" }));
  inject("zero", shape.vectors, 1, ([row]) => set(row, { flaw: "zero" }));
  inject("wrongSize", shape.vectors, 1, ([row]) => set(row, { flaw: "wrongSize" }));
  inject("outOfRangeIndex", shape.indexed, 1, ([row]) => set(row, { index: count }));
  inject("duplicateIndex", shape.indexed, 2, ([row, other]) => set(row, { index: other as number }));
  let sent: readonly Row[] = rows;
  inject("missingRow", true, 1, ([row]) => {
    sent = rows.filter((each) => each.source !== row);
  });
  if (shape.indexed && sent.length > 1 && dice.roll("shuffle") < (faults.shuffleRate ?? 0)) {
    sent = shuffled(sent, dice);
    injected.push("shuffle");
  }
  return { rows: sent, faults: injected };
}

/** Positions of the inputs that rows answer. A vector of zeros is none of a server's model. */
export function answeredBy(rows: readonly Row[]): number[] {
  return rows.filter(({ flaw }) => flaw !== "zero").map(({ source }) => source);
}

/** Puts every row in another place. */
function shuffled(rows: readonly Row[], dice: Dice): Row[] {
  const result = [...rows];
  for (let last = result.length - 1; last > 0; last--) {
    // Below `last`, so that every row leaves its place.
    const other = dice.pick(`shuffle ${last}`, last);
    [result[last], result[other]] = [result[other] as Row, result[last] as Row];
  }
  return result;
}
