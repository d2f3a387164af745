import type { Work } from "../floor.ts";

/** The no-op that everyone runs: what is left to measure is the way there and back. */
export const work: Work = async (input) => input * 2;

/** The same, failing for one input in a hundred. */
export const failing: Work = async (input) => {
  if (input % 100 === 99) throw new Error("The item failed, as it was made to.");
  return input * 2;
};

/**
 * Holds what a contender gave back against what it should have: a wrong result can't win.
 *
 * @throws Error that names the contender and the first wrong position.
 */
export function verify(name: string, outputs: readonly (number | Error)[], count: number, someFail: boolean): void {
  if (outputs.length !== count) throw new Error(`${name}: expected ${count} outputs, got ${outputs.length}.`);
  for (let index = 0; index < count; index++) {
    const fails = someFail && index % 100 === 99;
    const output = outputs[index];
    if (fails ? !(output instanceof Error) : output !== index * 2) {
      throw new Error(`${name}: a wrong output at position ${index}; its time says nothing.`);
    }
  }
}
