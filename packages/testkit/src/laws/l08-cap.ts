import { type CallOptions, Runnable, runnable as toRunnable, sleep } from "@batchwise/core";

import { inputAt, take } from "../expectations.ts";
import { broken, expectThat, type Law, nameOf } from "../law.ts";
import type { Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial, type Trial } from "../trial.ts";
import { engineMethods, engineOf, wrappers } from "../ways.ts";

const CAPS = [1, 2, 3];
const held: Script<any, any> = { hold: () => true };

/** L8: the cap is the batch's, whatever runs inside of it and whatever it is a part of. */
export const l08: Law = {
  number: "L8",
  title: "never more in flight than maxConcurrency, nested and piped batches included",
  advice: "make one call in each `invoke` or `invokeMany`, and give its options to a batch inside of it.",
  observes: true,
  async check(subject) {
    for (const cap of CAPS) {
      for (const way of [...engineMethods, ...wrappers.filter((each) => each.name !== "autoBatch")]) {
        const where = `${way.name}, 7 inputs, maxConcurrency ${cap}`;
        await inTrial(subject, held, async (trial) => {
          const options = { ...trial.options, maxConcurrency: cap, request: { maxInputs: 1 } };
          await expectCap(trial, way.run(trial.runnable, take(subject, 7), options), cap, where);
        });
        await inTrial(subject, held, async (trial) => {
          const run = way.run(trial.runnable, take(subject, 7), {
            ...trial.options,
            maxConcurrency: cap,
          });
          await expectCap(trial, run, cap, `${where}, full requests`);
        });
      }
      await checkNested(subject, cap);
      await checkPiped(subject, cap);
    }
  },
};

async function expectCap(trial: Trial<any, any>, run: Promise<unknown>, cap: number, where: string): Promise<void> {
  const attempt = await trial.attempt(run, where);
  if (attempt.status === "rejected") throw broken(where, "outputs", nameOf(attempt.reason), attempt.reason);
  const { peak } = trial.gauge;
  expectThat(peak <= cap, where, `at most ${cap} calls in flight`, `${peak}`);
}

/** Checks batches inside of a batch's calls, two deep, each of which would like four calls at once. */
async function checkNested<Input, Output>(subject: Subject<Input, Output>, cap: number): Promise<void> {
  const where = `a nested batch, two deep, 3 x 2 x 2 inputs, maxConcurrency ${cap}`;
  await inTrial(subject, held, async (trial) => {
    const engine = engineOf(trial.runnable);
    const inner = nest<Input, Output>(engine, 1);
    const outer = nest<Input[], Output[]>(inner, 2);
    const groups = [0, 1, 2].map((group) => [
      [inputAt(subject, group), inputAt(subject, group + 1)],
      [inputAt(subject, group + 2), inputAt(subject, group + 3)],
    ]);
    const run = outer.batch(groups, { clock: trial.clock, maxConcurrency: cap });
    await expectCap(trial, run, cap, where);
    const seen = trial.backend.calls.reduce((sum, call) => sum + call.inputs.length, 0);
    expectThat(seen >= 12, where, "12 inputs at the backend", `${seen}`);
  });
}

/** Runs a group as a batch that is given its parent's options. */
function nest<Input, Output>(inner: Runnable<Input, Output>, maxInputs: number): Runnable<Input[], Output[]> {
  return toRunnable((group: Input[], options: CallOptions) =>
    inner.batch(group, { ...options, maxConcurrency: 4, request: { maxInputs } }),
  );
}

/** Checks a stage of our own before the Runnable: what both have in flight counts against one cap. */
async function checkPiped<Input, Output>(subject: Subject<Input, Output>, cap: number): Promise<void> {
  const where = `a piped batch, 7 inputs, maxConcurrency ${cap}`;
  await inTrial(subject, { latencyMs: () => 10 }, async (trial) => {
    const first = toRunnable(async (input: Input) => {
      const leave = trial.gauge.enter();
      await sleep(10, trial.clock);
      leave();
      return input;
    });
    const run = first.pipe(trial.runnable).batch(take(subject, 7), { ...trial.options, maxConcurrency: cap });
    await expectCap(trial, run, cap, where);
  });
}
