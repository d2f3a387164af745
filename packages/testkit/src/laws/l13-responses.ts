import { expectCount, expectedFor, take } from "../expectations.ts";
import { expectThat, type Law } from "../law.ts";
import type { IndexedAnswer, Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { engineMethods } from "../ways.ts";

type Answers = readonly IndexedAnswer<any>[];

/** Ways in which a response can be wrong. Where answers come without an index, their order cannot be told. */
const faults: readonly {
  readonly name: string;
  readonly indexed: boolean;
  readonly reshape: (answers: Answers) => Answers;
}[] = [
  { name: "one answer short", indexed: false, reshape: (answers) => answers.slice(1) },
  { name: "no answer at all", indexed: false, reshape: () => [] },
  {
    name: "one answer too many",
    indexed: false,
    reshape: (answers) => [{ index: answers.length, answer: answers.at(-1)?.answer }, ...answers],
  },
  { name: "shuffled answers", indexed: true, reshape: (answers) => answers.toReversed() },
  {
    name: "one index twice",
    indexed: true,
    reshape: (answers) => answers.map((each) => (each.index === 1 ? { ...each, index: 0 } : each)),
  },
  {
    name: "an index that is out of range",
    indexed: true,
    reshape: (answers) => answers.map((each) => (each.index === 0 ? { ...each, index: answers.length } : each)),
  },
];

/** L13: a response that breaks its promise costs its own items, and never gives an input another one's output. */
export const l13: Law = {
  number: "L13",
  title: "a response of the wrong count, order or shape is an error for its items, never a shift",
  observes: true,
  async check(subject) {
    for (const fault of faults) await checkFault(subject, fault);
  },
};

async function checkFault<Input, Output>(
  subject: Subject<Input, Output>,
  fault: (typeof faults)[number],
): Promise<void> {
  const inputs = take(subject, 6);
  const expected = await expectedFor(subject, inputs);
  const script: Script<Input, any> = { reshape: (answers) => fault.reshape(answers) };
  for (const way of engineMethods) {
    for (const maxInputs of [undefined, 2, 1]) {
      const where = `${way.name}, responses with ${fault.name}${maxInputs === undefined ? "" : `, ${maxInputs} in a request`}`;
      await inTrial(subject, script, async (trial) => {
        const request = maxInputs === undefined ? {} : { request: { maxInputs } };
        const run = way.run(trial.runnable, inputs, {
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
