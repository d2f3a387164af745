import type { Outcomes, Vector } from "./contenders/contender.ts";

/** Allowed difference of two numbers of the same vector: one was sent as a float32, the other as a decimal. */
const TOLERANCE = 1e-6;

/**
 * Number of inputs without an output. Bad inputs, which have none, are not counted.
 *
 * @throws Error when there are not as many outcomes as inputs, or a bad input has an output.
 */
export function countLost(outcomes: Outcomes<unknown>, count: number, bad: ReadonlySet<number>): number {
  if (outcomes.length !== count) throw new Error(`Expected ${count} outcomes, got ${outcomes.length}.`);
  let lost = 0;
  for (const [position, outcome] of outcomes.entries()) {
    const isOutput = outcome !== undefined && !(outcome instanceof Error);
    if (isOutput && bad.has(position)) {
      throw new Error(`Expected no output for the refused input at position ${position}, got one.`);
    }
    if (!isOutput && !bad.has(position)) lost++;
  }
  return lost;
}

/**
 * Compares every output with the expected one, so that a shift or a swap cannot win.
 *
 * @throws Error that names the first wrong position.
 */
export function verifyOutputs(outcomes: Outcomes<string | Vector>, expected: readonly (string | Vector)[]): void {
  for (const [position, outcome] of outcomes.entries()) {
    if (outcome === undefined || outcome instanceof Error) continue;
    if (!isSame(outcome, expected[position])) {
      throw new Error(`Expected right outputs, got a wrong one at position ${position}.`);
    }
  }
}

function isSame(left: string | Vector, right: string | Vector | undefined): boolean {
  if (right === undefined || typeof left === "string" || typeof right === "string") return left === right;
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (!(Math.abs((left[index] as number) - (right[index] as number)) <= TOLERANCE)) return false;
  }
  return true;
}
