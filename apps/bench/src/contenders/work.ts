import type { Work } from "../floor.ts";

/** No-op that every contender runs, so that only its overhead is measured. */
export const work: Work = async (input) => input * 2;

/** The same, with a failure for one input in a hundred. */
export const failing: Work = async (input) => {
  if (input % 100 === 99) throw new Error("Expected an output, got a failure that the benchmark asks for.");
  return input * 2;
};

/**
 * Checks the outputs of a contender, so that a wrong result cannot win.
 *
 * @throws Error that names the contender and the first wrong position.
 */
export function verify(name: string, outputs: readonly (number | Error)[], count: number, someFail: boolean): void {
  if (outputs.length !== count) throw new Error(`Expected ${count} outputs of ${name}, got ${outputs.length}.`);
  for (let index = 0; index < count; index++) {
    const fails = someFail && index % 100 === 99;
    const output = outputs[index];
    if (fails ? !(output instanceof Error) : output !== index * 2) {
      throw new Error(`Expected right outputs of ${name}, got a wrong one at position ${index}.`);
    }
  }
}
