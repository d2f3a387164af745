import { holds, inputAt, refusal, take } from "../expectations.ts";
import { expectThat, type Law } from "../law.ts";
import type { Script, ScriptedBackend } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { engineBatch, overridesBatch, type Way, wrappers } from "../ways.ts";

/** L12: after the first failure nobody waits for more, so nothing more is bought. */
export const l12: Law = {
  number: "L12",
  title: "after a fail-fast failure nothing new starts",
  observes: true,
  async check(subject) {
    // A fallback answers a failure with another call: the failure is not the end there.
    const others = wrappers.filter((each) => each.name !== "withFallbacks" && each.name !== "autoBatch");
    for (const way of [engineBatch, ...others]) {
      for (const maxInputs of [1, undefined]) await checkFailure(subject, way, maxInputs);
    }
  },
};

async function checkFailure<Input, Output>(
  subject: Subject<Input, Output>,
  way: Way,
  maxInputs: number | undefined,
): Promise<void> {
  const where = `${way.name}, 6 inputs of which input 1 fails${maxInputs === undefined ? "" : ", one in a request"}`;
  const bad = inputAt(subject, 1);
  let backend: ScriptedBackend<Input, any> | undefined;
  let atFailure: number | undefined;
  const script: Script<Input, any> = {
    heedsSignal: false,
    // The others stay open until the failure has passed, so that there is something to go wrong.
    hold: (call) => !holds(subject, call, bad),
    failure: (call) => {
      if (!holds(subject, call, bad)) return undefined;
      if (call.inputs.length === 1) atFailure ??= backend?.calls.length;
      return refusal();
    },
  };
  await inTrial(subject, script, async (trial) => {
    ({ backend } = trial);
    let atRejection = -1;
    const request = maxInputs === undefined ? {} : { request: { maxInputs } };
    const run = way.run(trial.runnable, take(subject, 6), {
      ...trial.options,
      maxConcurrency: 2,
      ...request,
    });
    const counted = run.catch((error: unknown) => {
      atRejection = trial.backend.calls.length;
      throw error;
    });
    const attempt = await trial.attempt(counted, where);
    expectThat(attempt.status === "rejected", where, "a rejection", "outputs");
    await trial.exhaust();
    const { length } = trial.backend.calls;
    expectThat(length === atRejection, where, "no call after the rejection", `${length - atRejection}`);
    // Where requests hold one input, the failure is certain as soon as its call has ended.
    if (maxInputs !== 1 || atFailure === undefined || overridesBatch(trial.runnable)) return;
    expectThat(length === atFailure, where, "no call after the failure", `${length - atFailure}`);
  });
}
