import { copies, expectCount, expectedFor, take } from "../expectations.ts";
import { type WrongResponse, wrongResponses } from "../fault-schedules.ts";
import { expectThat, type Law } from "../law.ts";
import type { Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { engineMethods } from "../ways.ts";

/** L13: a response that breaks its promise costs its own items, and never gives an input another one's output. */
export const l13: Law = {
  number: "L13",
  title: "a response of the wrong count, order or shape is an error for its items, never a shift",
  advice:
    "count the answers, place them by their index where they have one, and throw a ResultError where they do not fit.",
  observes: true,
  async check(subject) {
    for (const fault of wrongResponses) await checkFault(subject, fault);
  },
};

async function checkFault<Input, Output>(subject: Subject<Input, Output>, fault: WrongResponse): Promise<void> {
  const inputs = take(subject, 6);
  const expected = await expectedFor(subject, inputs);
  const script: Script<Input, any> = { reshape: (answers) => fault.reshape(answers) };
  for (const way of engineMethods) {
    for (const maxInputs of [undefined, 2, 1]) {
      const where = `${way.name}, responses with ${fault.name}${maxInputs === undefined ? "" : `, ${maxInputs} in a request`}`;
      await inTrial(subject, script, async (trial) => {
        const request = maxInputs === undefined ? {} : { request: { maxInputs } };
        const run = way.run(trial.runnable, copies(subject, inputs), {
          ...trial.options,
          returnExceptions: true,
          ...request,
        });
        const attempt = await trial.attempt(run, where);
        expectThat(attempt.status === "fulfilled", where, "an Error in each slot that is affected", "a rejection");
        expectThat(trial.backend.calls.length > 0, where, "a call to answer wrongly", "none");
        if (fault.indexed && !trial.backend.calls.some((call) => call.indexed)) return;
        expectCount(attempt.value, 6, where);
        for (const [index, slot] of attempt.value.entries()) {
          const right = slot instanceof Error || subject.equals(slot, expected[index] as Output);
          expectThat(right, where, `an Error or its own output in slot ${index}`, "another value");
        }
      });
    }
  }
}
