import { isDeepStrictEqual } from "node:util";

import { inputAt, refusesInput, take } from "../expectations.ts";
import { expectThat, type Law } from "../law.ts";
import type { Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial, type Trial } from "../trial.ts";
import { ownMethods } from "../ways.ts";

/** L9: the caller's array and what is in it are as they were. */
export const l09: Law = {
  number: "L9",
  title: "inputs are not mutated",
  advice: "copy what has to be changed.",
  observes: false,
  async check(subject) {
    await checkWays(subject, {}, "6 inputs");
    if (subject.answer === undefined) return;
    await checkWays(subject, refusesInput(subject, inputAt(subject, 1)), "6 inputs of which one fails");
  },
};

async function checkWays<Input, Output>(
  subject: Subject<Input, Output>,
  script: Script<Input, any>,
  situation: string,
): Promise<void> {
  const invokeEach = async ({ runnable }: Trial<Input, Output>, inputs: readonly Input[]): Promise<unknown> =>
    Promise.allSettled(inputs.map((input) => runnable.invoke(input, {})));
  await checkRun(subject, script, invokeEach, `invoke, ${situation}`);
  for (const way of ownMethods) {
    const run = ({ runnable, options }: Trial<Input, Output>, inputs: readonly Input[]): Promise<unknown> =>
      way.run(runnable, inputs, { ...options, request: { maxInputs: 2 }, returnExceptions: true });
    await checkRun(subject, script, run, `${way.name}, ${situation}`);
  }
}

async function checkRun<Input, Output>(
  subject: Subject<Input, Output>,
  script: Script<Input, any>,
  run: (trial: Trial<Input, Output>, inputs: readonly Input[]) => Promise<unknown>,
  where: string,
): Promise<void> {
  const inputs = take(subject, 6);
  const array = [...inputs];
  // How it ended is the business of other laws.
  await inTrial(subject, script, (trial) => trial.attempt(run(trial, array), where));
  const moved = inputs.findIndex((input, index) => !Object.is(array[index], input));
  expectThat(array.length === 6, where, "6 inputs in the caller's array afterwards", `${array.length}`);
  expectThat(moved === -1, where, "every input at its place in the caller's array", `another one at ${moved}`);
  const changed = take(subject, 6).findIndex((input, index) => !isDeepStrictEqual(inputs[index], input));
  expectThat(changed === -1, where, "every input as it was, inside too", `a changed one at ${changed}`);
}
