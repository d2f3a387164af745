import { isDeepStrictEqual } from "node:util";

import { inputAt, refusesInput, take } from "../expectations.ts";
import { expectThat, type Law } from "../law.ts";
import { inTrial } from "../trial.ts";
import { ownMethods } from "../ways.ts";

/** L9: the caller's array and what is in it are as they were. */
export const l09: Law = {
  number: "L9",
  title: "inputs are not mutated",
  observes: false,
  async check(subject) {
    const scripts = subject.answer === undefined ? [{}] : [{}, refusesInput(subject, inputAt(subject, 1))];
    for (const script of scripts) {
      for (const way of ownMethods) {
        const where = `${way.name}, 6 inputs${script === scripts[0] ? "" : " of which one fails"}`;
        const originals = take(subject, 6);
        // The subject's own inputs stay out of reach, so that one mutation does not spoil what comes after it.
        const inputs = originals.map((input) => structuredClone(input));
        const array = [...inputs];
        await inTrial(subject, script, async (trial) => {
          const run = way.run(trial.runnable, array, {
            ...trial.options,
            request: { maxInputs: 2 },
            returnExceptions: true,
          });
          // How it ended is the business of other laws.
          await trial.attempt(run, where);
        });
        const moved = inputs.findIndex((input, index) => !Object.is(array[index], input));
        expectThat(array.length === 6, where, "6 inputs in the caller's array afterwards", `${array.length}`);
        expectThat(moved === -1, where, "every input at its place in the caller's array", `another one at ${moved}`);
        const changed = originals.findIndex((input, index) => !isDeepStrictEqual(inputs[index], input));
        expectThat(changed === -1, where, "every input as it was", `a changed one at ${changed}`);
      }
    }
  },
};
