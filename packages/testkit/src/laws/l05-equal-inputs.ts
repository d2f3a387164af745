import { expectedFor, expectSlots, slotsBy, take } from "../expectations.ts";
import { endsInReverse } from "../fault-schedules.ts";
import type { Law } from "../law.ts";
import { inTrial } from "../trial.ts";
import { ownMethods } from "../ways.ts";

/** L5: an input that is there three times has three slots. */
export const l05: Law = {
  number: "L5",
  title: "equal inputs keep their own slots",
  advice: "find a slot by its position, not by its input.",
  observes: false,
  async check(subject) {
    const [a, b, c] = take(subject, 3) as [never, never, never];
    const inputs = [a, b, a, a, c, b];
    const expected = await expectedFor(subject, inputs);
    for (const way of ownMethods) {
      for (const maxInputs of [undefined, 2]) {
        const request = maxInputs === undefined ? {} : { request: { maxInputs } };
        const where = `${way.name}, inputs a b a a c b${maxInputs === undefined ? "" : ", 2 in a request"}`;
        await inTrial(subject, endsInReverse, async (trial) => {
          const slots = await slotsBy(trial, way, inputs, { maxConcurrency: 6, ...request }, where);
          expectSlots(subject, slots, expected, where);
        });
      }
    }
  },
};
