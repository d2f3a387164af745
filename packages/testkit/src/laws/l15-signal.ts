import { inputAt, take } from "../expectations.ts";
import { follow } from "../follow.ts";
import { broken, expectThat, type Law } from "../law.ts";
import type { Subject } from "../subject.ts";
import { inTrial, type Trial } from "../trial.ts";
import { engineMethods, wrappers } from "../ways.ts";

/** L15: what is no longer wanted is no longer paid for. */
export const l15: Law = {
  number: "L15",
  title: "an abort reaches the calls in flight",
  advice: "hand `options.signal` to the SDK or to `fetch`, and the signal of a request to the backend.",
  observes: true,
  async check(subject) {
    await expectReached(subject, "invoke", ({ runnable }, signal) => runnable.invoke(inputAt(subject, 0), { signal }));
    for (const way of [...engineMethods, ...wrappers]) {
      for (const maxInputs of [1, 6]) {
        const options = { maxConcurrency: 2, request: { maxInputs } };
        await expectReached(subject, `${way.name}, ${maxInputs} in a request`, (trial, signal) =>
          way.run(trial.runnable, take(subject, 6), { ...trial.options, ...options, signal }),
        );
      }
    }
  },
};

async function expectReached<Input, Output>(
  subject: Subject<Input, Output>,
  name: string,
  run: (trial: Trial<Input, Output>, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const where = `${name}, aborted while calls are open`;
  await inTrial(subject, { hold: () => true }, async (trial) => {
    const { backend, clock } = trial;
    const controller = new AbortController();
    const state = follow(run(trial, controller.signal));
    // autoBatch waits a moment for company before it sends anything.
    if (name.startsWith("autoBatch")) await clock.advance(10);
    const isOpen = await trial.comes(() => backend.running.length > 0 || state.ended !== undefined);
    const open = backend.running.length;
    if (!isOpen || open === 0) throw broken(where, "a call in flight before the abort", "none");
    controller.abort(new Error("The caller has changed its mind."));
    await trial.comes(() => backend.running.length === 0);
    const left = backend.running.length;
    expectThat(left === 0, where, "every call in flight to be aborted", `${left} of ${open} left open`);
  });
}
