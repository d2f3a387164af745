import { copies, expectedFor, expectSlots, slotsBy, take } from "../expectations.ts";
import { endsInReverse } from "../fault-schedules.ts";
import { expectThat, type Law } from "../law.ts";
import { inTrial } from "../trial.ts";
import { collect, ownMethods } from "../ways.ts";

/** L2: outputs come in the inputs' order even where the calls end in the opposite one. */
export const l02: Law = {
  number: "L2",
  title: "outputs are in input order",
  advice: "put each output into its own input's slot, whenever it arrives.",
  observes: false,
  async check(subject) {
    const inputs = take(subject, 6);
    const expected = await expectedFor(subject, inputs);
    for (const maxInputs of [undefined, 2, 1]) {
      const options = {
        maxConcurrency: 6,
        ...(maxInputs === undefined ? {} : { request: { maxInputs } }),
      };
      const how = maxInputs === undefined ? "" : `, at most ${maxInputs} in a request`;
      for (const way of ownMethods) {
        const where = `${way.name}, 6 inputs whose calls end in reverse order${how}`;
        await inTrial(subject, endsInReverse, async (trial) => {
          expectSlots(subject, await slotsBy(trial, way, inputs, options, where), expected, where);
        });
      }
      const where = `batchInOrder, 6 inputs whose calls end in reverse order${how}`;
      await inTrial(subject, endsInReverse, async (trial) => {
        const run = collect(trial.runnable.batchInOrder(copies(subject, inputs), { ...trial.options, ...options }));
        const attempt = await trial.attempt(run, where);
        const indexes = attempt.status === "fulfilled" ? attempt.value.map((each) => each.index) : [];
        expectThat(indexes.join() === "0,1,2,3,4,5", where, "indexes 0,1,2,3,4,5", `[${indexes.join()}]`);
      });
    }
  },
};
