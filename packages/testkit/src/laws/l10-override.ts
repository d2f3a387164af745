import type { Runnable } from "@batchwise/core";
import { isOverridden } from "@batchwise/core/wrappers";

import { expectedFor, expectSlots, indexOf, slotsBy, take } from "../expectations.ts";
import { expectThat, type Law } from "../law.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { batch, batchAsCompleted, batchInOrder, wrappers } from "../ways.ts";

/** L10: whichever hook an author chose, every other method and every wrapper goes through it. */
export const l10: Law = {
  number: "L10",
  title: "an override of batch or invokeMany is used by every other method and wrapper",
  advice: "write `invokeMany` or `batch`, and leave the other methods to the engine.",
  observes: true,
  async check(subject) {
    const inputs = take(subject, 6);
    const expected = await expectedFor(subject, inputs);
    for (const way of [batch, batchAsCompleted, batchInOrder, ...wrappers]) {
      const where = `${way.name}, 6 inputs`;
      await inTrial(subject, {}, async (trial) => {
        const hook = hookOf(trial.runnable);
        const passed = hook === undefined ? undefined : watch(subject, trial.runnable, hook);
        expectSlots(subject, await slotsBy(trial, way, inputs, {}, where), expected, where);
        if (hook === undefined || passed === undefined) return;
        const missing = inputs.filter((_, index) => !passed.has(index)).length;
        const what = `every input to pass through the author's own ${hook}`;
        expectThat(missing === 0, where, what, `${inputs.length - missing} of ${inputs.length}`);
        const sent = trial.backend.calls.reduce((sum, call) => sum + call.inputs.length, 0);
        expectThat(sent === inputs.length, where, "every input to reach the backend once", `${sent} inputs`);
      });
    }
  },
};

/** Hook of the author that everything has to use; undefined where `invoke` is all there is. */
function hookOf(runnable: Runnable<any, any>): "batch" | "invokeMany" | undefined {
  if (isOverridden(runnable)) return "batch";
  return runnable.invokeMany === undefined ? undefined : "invokeMany";
}

/** Positions of the inputs that pass through the hook from now on. */
function watch<Input>(
  subject: Subject<Input, any>,
  runnable: Runnable<Input, any>,
  hook: "batch" | "invokeMany",
): ReadonlySet<number> {
  const passed = new Set<number>();
  const original = runnable[hook] as (...args: unknown[]) => unknown;
  const watched = function (this: unknown, ...args: unknown[]): unknown {
    const [inputs] = args;
    // The engine promises an override a real array.
    for (const input of Array.isArray(inputs) ? (inputs as Input[]) : []) passed.add(indexOf(subject, input));
    return original.apply(this, args);
  };
  Object.defineProperty(runnable, hook, { value: watched, configurable: true });
  return passed;
}
