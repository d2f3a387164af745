import { broken, expectThat, type Law, nameOf } from "../law.ts";
import { inTrial, type Trial } from "../trial.ts";
import { collect, engineOf, lazily, ownMethods, wrappers } from "../ways.ts";

/** L3: nothing in, nothing out, and the backend is left alone. */
export const l03: Law = {
  number: "L3",
  title: "no input gives no output and makes no call",
  advice: "return before anything is sent where there are no inputs.",
  observes: false,
  async check(subject) {
    for (const way of [...ownMethods, ...wrappers]) {
      await inTrial(subject, {}, (trial) =>
        expectNothing(trial, way.run(trial.runnable, [], trial.options), `${way.name}, no inputs`),
      );
    }
    // A source that turns out to be empty. An override that is called directly is promised an array.
    await inTrial(subject, {}, (trial) =>
      expectNothing(trial, engineOf(trial.runnable).batch(lazily([]), trial.options), "batch, an empty stream"),
    );
    await inTrial(subject, {}, (trial) =>
      expectNothing(
        trial,
        collect(trial.runnable.batchAsCompleted(lazily([]), trial.options)),
        "batchAsCompleted, an empty stream",
      ),
    );
  },
};

async function expectNothing(trial: Trial<any, any>, run: Promise<readonly unknown[]>, where: string): Promise<void> {
  const attempt = await trial.attempt(run, where);
  if (attempt.status === "rejected") throw broken(where, "no outputs", nameOf(attempt.reason), attempt.reason);
  expectThat(Array.isArray(attempt.value), where, "an empty array", `a value of type ${typeof attempt.value}`);
  expectThat(attempt.value.length === 0, where, "no outputs", `${attempt.value.length}`);
  const { length } = trial.backend.calls;
  expectThat(length === 0, where, "no calls to the backend", `${length}`);
}
