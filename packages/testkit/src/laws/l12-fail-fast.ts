import { isOverridden } from "@batchwise/core/wrappers";
import { holds, inputAt, take } from "../expectations.ts";
import { outage, refusal } from "../fault-schedules.ts";
import { expectThat, type Law } from "../law.ts";
import type { Script, ScriptedBackend } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial, RETRY_MS } from "../trial.ts";
import { engineBatch, type Way, wrappers } from "../ways.ts";

/** L12: after the first failure no output is waited for, so nothing more is bought. */
export const l12: Law = {
  number: "L12",
  title: "after a fail-fast failure nothing new starts",
  advice: "start no call after a failure, or leave the queue to the engine.",
  observes: true,
  async check(subject) {
    // A fallback answers a failure with another call: the failure is not the end there.
    const others = wrappers.filter((each) => each.name !== "withFallbacks" && each.name !== "autoBatch");
    for (const way of [engineBatch, ...others]) {
      for (const situation of SITUATIONS) await checkFailure(subject, way, situation);
    }
  },
};

interface Situation {
  readonly name: string;
  readonly maxInputs?: number;
  readonly failure: () => Error;
}

const SITUATIONS: readonly Situation[] = [
  { name: "6 inputs of which input 1 is refused, one in a request", maxInputs: 1, failure: refusal },
  { name: "6 inputs of which input 1 is refused", failure: refusal },
  // No bad input is looked for: the first failure is the last.
  { name: "6 inputs and an outage at input 1", failure: outage },
];

async function checkFailure<Input, Output>(
  subject: Subject<Input, Output>,
  way: Way,
  { name, maxInputs, failure }: Situation,
): Promise<void> {
  const where = `${way.name}, ${name}`;
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
      return failure();
    },
  };
  await inTrial(subject, script, async (trial) => {
    ({ backend } = trial);
    let atRejection = -1;
    const request = maxInputs === undefined ? {} : { request: { maxInputs } };
    const run = way.run(trial.runnable, take(subject, 6), {
      ...trial.options,
      maxConcurrency: 2,
      retry: false,
      ...request,
    });
    const counted = run.catch((error: unknown) => {
      atRejection = trial.backend.calls.length;
      throw error;
    });
    // One that tries again by itself fails late, which is the business of L16.
    const attempt = await trial.attempt(counted, where, undefined, RETRY_MS);
    expectThat(attempt.status === "rejected", where, "a rejection", "outputs");
    await trial.exhaust();
    const { length } = trial.backend.calls;
    expectThat(length === atRejection, where, "no call after the rejection", `${length - atRejection}`);
    // Where requests hold one input, the failure is certain as soon as its call has ended.
    if (maxInputs !== 1 || atFailure === undefined || isOverridden(trial.runnable)) return;
    expectThat(length === atFailure, where, "no call after the failure", `${length - atFailure}`);
  });
}
