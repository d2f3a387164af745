import { isOverridden } from "@batchwise/core/wrappers";

import { inputAt, take } from "../expectations.ts";
import { connectionLost, outage, rateLimited, refusal } from "../fault-schedules.ts";
import { expectThat, type Law } from "../law.ts";
import type { Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial, RETRY_MS, type Trial } from "../trial.ts";
import { batch, ownMethods, type Way } from "../ways.ts";

/** L16: retries are counted, limited and reported where the caller set them: by the engine, and nowhere else. */
export const l16: Law = {
  number: "L16",
  title: "a failed call is not made again behind the engine's back",
  advice: "switch the SDK's retries off (`maxRetries: 0`), and throw what failed: the engine tries again.",
  observes: true,
  async check(subject) {
    for (const [name, script] of Object.entries(FAILURES)) {
      await checkInvoke(subject, script, `invoke, ${name}`);
      for (const way of ownMethods)
        await checkBatch(subject, way, script, `${way.name}, 6 inputs, one in a request, ${name}`);
    }
  },
};

const FAILURES: Readonly<Record<string, Script<any, any>>> = {
  "an outage": { failure: () => outage() },
  "a rate limit": { failure: () => rateLimited(1) },
  "a lost connection": { failure: () => connectionLost() },
  "a refusal": { failure: () => refusal() },
  "no answer in the response": { reshape: () => [] },
};

async function checkInvoke<Input, Output>(
  subject: Subject<Input, Output>,
  script: Script<Input, any>,
  where: string,
): Promise<void> {
  await inTrial(subject, script, async (trial) => {
    // At each rest, not at the end alone: whether it ever ends is not known.
    const watch = (): void => {
      const sent = sentIn(trial);
      expectThat(sent <= 1, where, "1 input at the backend", `${sent}`);
    };
    // For an `invoke` that goes through the engine: a batch of one.
    const once = { ...trial.options, retry: false };
    await trial.attempt(trial.runnable.invoke(inputAt(subject, 0), once), where, watch, RETRY_MS);
  });
}

async function checkBatch<Input, Output>(
  subject: Subject<Input, Output>,
  way: Way,
  script: Script<Input, any>,
  where: string,
): Promise<void> {
  await inTrial(subject, script, async (trial) => {
    // Its own batch inside of the engine's may make calls of which the outer one hears nothing.
    if (isOverridden(trial.runnable) && way !== batch) return;
    let asked = 0;
    const run = way.run(trial.runnable, take(subject, 6), {
      ...trial.options,
      retry: false,
      returnExceptions: true,
      // Alone in its request an input is not searched for, which takes further calls.
      request: { maxInputs: 1 },
      onRequest: ({ inputs }) => void (asked += inputs),
    });
    await trial.attempt(run, where, undefined, RETRY_MS);
    const sent = sentIn(trial);
    // An override of `batch` that goes another way than the engine's tells of no call.
    const most = Math.max(6, asked);
    expectThat(sent <= most, where, `at most ${most} inputs at the backend, as the engine asked`, `${sent}`);
  });
}

function sentIn(trial: Trial<any, any>): number {
  return trial.backend.calls.reduce((sum, call) => sum + call.inputs.length, 0);
}
