import { broken, expectThat, type Law, nameOf } from "../law.ts";
import { expectCount, inputAt, refusesInput, slotsBy, take } from "../expectations.ts";
import { inTrial } from "../trial.ts";
import { ownMethods } from "../ways.ts";

const COUNTS = [1, 2, 6, 13];

/** L1: nothing is lost and nothing is added, with failures among them too. */
export const l01: Law = {
  number: "L1",
  title: "as many outputs as inputs",
  advice: "give one output for each input, and an Error in the slot of one that failed.",
  observes: false,
  async check(subject) {
    for (const way of ownMethods) {
      for (const count of COUNTS) {
        const where = `${way.name}, ${count} inputs`;
        await inTrial(subject, {}, async (trial) => {
          expectCount(await slotsBy(trial, way, take(subject, count), {}, where), count, where);
        });
      }
      if (subject.answer === undefined) continue;
      const inputs = take(subject, 6);
      const where = `${way.name}, 6 inputs of which one fails, returnExceptions`;
      await inTrial(subject, refusesInput(subject, inputAt(subject, 2)), async (trial) => {
        const attempt = await trial.attempt(
          way.run(trial.runnable, inputs, { ...trial.options, returnExceptions: true }),
          where,
        );
        // Rejecting as a whole is L6's concern; what resolves has every slot.
        if (attempt.status === "fulfilled") expectCount(attempt.value, 6, where);
        else if (way.name !== "batch") throw broken(where, "6 outcomes", nameOf(attempt.reason), attempt.reason);
      });
    }
    await inTrial(subject, {}, async (trial) => {
      const where = "invoke, one input";
      const attempt = await trial.attempt(trial.runnable.invoke(inputAt(subject, 0), {}), where);
      expectThat(attempt.status === "fulfilled", where, "one output", "a rejection");
    });
  },
};
