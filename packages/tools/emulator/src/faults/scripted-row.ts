import type { Dice } from "../dice.ts";

/**
 * Flaw of a row in a job's results. `cut`: the second half of its line is lost. `missing`: it is left out. `null`: status 200
 * and null for a body. `twice`: it is there a second time. `zero`: status 0, in the error file, though it counts as done.
 */
export type RowFlaw = "cut" | "missing" | "null" | "twice" | "zero";

/** Row of a job's results that is written instead of the good one when all the conditions that it has are met. */
export interface ScriptedRow {
  readonly row: RowFlaw;
  /** Share of the lines, 0 to 1. */
  readonly rate?: number | undefined;
  /** Part of an input. */
  readonly marker?: string | undefined;
}

/** Flaw of the row of a line with these inputs, if it has one: the first that applies. */
export function rowFlaw(rows: readonly ScriptedRow[], inputs: readonly string[], dice: Dice): RowFlaw | undefined {
  const applies = ({ rate, marker }: ScriptedRow, index: number): boolean =>
    (marker === undefined || inputs.some((input) => input.includes(marker))) &&
    (rate === undefined || dice.roll(`row ${index}`) < rate);
  return rows.find(applies)?.row;
}
