import { expectSlots, holds, inputAt, slotsBy, take } from "../expectations.ts";
import { broken, type Law, expectThat, nameOf } from "../law.ts";
import type { Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { ownMethods, type Way, wrappers } from "../ways.ts";

/** L14: an output that looks like nothing is an output: not a failure, not a missing slot, not the end. */
export const l14: Law = {
  number: "L14",
  title: "undefined is a legitimate output",
  advice: "find a missing answer by its place or index, not by its value.",
  observes: true,
  async check(subject) {
    for (const empty of subject.emptyAnswers) {
      const script = answers(subject, empty);
      const expected = await invoked(subject, script, empty);
      for (const way of [...ownMethods, ...wrappers]) {
        const where = `${way.name}, 6 inputs of which two are answered with ${show(empty)}`;
        const usual = await callsOf(subject, way, {}, where);
        await inTrial(subject, script, async (trial) => {
          expectSlots(subject, await slotsBy(trial, way, take(subject, 6), {}, where), expected, where);
          const { length } = trial.backend.calls;
          expectThat(length === usual, where, `${usual} calls, as for any other answer`, `${length}`);
        });
      }
    }
  },
};

/** Outputs that the Runnable makes of the answers, one by one. */
async function invoked<Input, Output>(
  subject: Subject<Input, Output>,
  script: Script<Input, any>,
  empty: unknown,
): Promise<Output[]> {
  const outputs: Output[] = [];
  for (const [index, input] of take(subject, 6).entries()) {
    const where = `invoke, input ${index}, answered with ${show(empty)} where it is 1 or 3`;
    await inTrial(subject, script, async (trial) => {
      const attempt = await trial.attempt(trial.runnable.invoke(input, {}), where);
      if (attempt.status === "rejected") {
        const expected = "an output (where this is none, say so in `emptyAnswers` or `skip.L14`)";
        throw broken(where, expected, nameOf(attempt.reason), attempt.reason);
      }
      outputs.push(attempt.value);
    });
  }
  return outputs;
}

function answers<Input>(subject: Subject<Input, any>, empty: unknown): Script<Input, any> {
  const empties = [inputAt(subject, 1), inputAt(subject, 3)];
  return {
    answer: (input) => {
      const call = { inputs: [input] };
      return empties.some((each) => holds(subject, call, each)) ? empty : subject.answer?.(input);
    },
  };
}

async function callsOf<Input>(
  subject: Subject<Input, any>,
  way: Way,
  script: Script<Input, any>,
  where: string,
): Promise<number> {
  return inTrial(subject, script, async (trial) => {
    await slotsBy(trial, way, take(subject, 6), {}, where);
    return trial.backend.calls.length;
  });
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
