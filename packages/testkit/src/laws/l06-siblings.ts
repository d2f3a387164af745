import { BatchError } from "@batchwise/core";
import { isOverridden } from "@batchwise/core/wrappers";

import {
  expectCount,
  expectedFor,
  expectSlot,
  indexOf,
  inputAt,
  refusesInput,
  slotsBy,
  take,
} from "../expectations.ts";
import { broken, expectThat, type Law, nameOf } from "../law.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { engineBatch, engineMethods } from "../ways.ts";

/** L6: one bad input fails alone, wherever it stands and however many share its request. */
export const l06: Law = {
  number: "L6",
  title: "one failure never loses a sibling",
  advice:
    "return an Error in the failed input's slot, or throw what failed the whole request: the engine finds the input.",
  observes: true,
  async check(subject) {
    const inputs = take(subject, 6);
    const expected = await expectedFor(subject, inputs);
    for (const bad of [0, 2, 5]) {
      for (const maxInputs of [undefined, 3, 1]) {
        for (const way of engineMethods) {
          const request = maxInputs === undefined ? {} : { request: { maxInputs } };
          const how = maxInputs === undefined ? "" : `, ${maxInputs} in a request`;
          const where = `${way.name}, 6 inputs of which input ${bad} fails${how}`;
          await inTrial(subject, refusesInput(subject, inputAt(subject, bad)), async (trial) => {
            const slots = await slotsBy(trial, way, inputs, { returnExceptions: true, ...request }, where);
            expectCount(slots, 6, where);
            for (const [index, output] of expected.entries()) {
              if (index !== bad) expectSlot(subject, slots, index, output, where);
            }
            expectThat(slots[bad] instanceof Error, where, `an Error in slot ${bad}`, "an output");
          });
        }
      }
    }
    await checkFailFast(subject, expected);
  },
};

/** Checks that what was answered before a fail-fast failure is in the BatchError: it was paid for. */
async function checkFailFast<Input, Output>(
  subject: Subject<Input, Output>,
  expected: readonly Output[],
): Promise<void> {
  const where = "batch, fail-fast, input 4 fails after four were answered";
  const inputs = take(subject, 6);
  await inTrial(subject, refusesInput(subject, inputAt(subject, 4)), async (trial) => {
    const run = engineBatch.run(trial.runnable, inputs, {
      ...trial.options,
      maxConcurrency: 1,
      request: { maxInputs: 1 },
    });
    const attempt = await trial.attempt(run, where);
    const reason = attempt.status === "rejected" ? attempt.reason : undefined;
    if (!BatchError.isInstance(reason)) {
      const got = attempt.status === "fulfilled" ? "outputs" : nameOf(reason);
      throw broken(where, "a rejection with a BatchError", got, reason);
    }
    // A whole override is one call: what it had of an answer when it threw, it has thrown away itself.
    if (isOverridden(trial.runnable)) return;
    const kept = new Set(reason.outcomes.filter((each) => each.status === "fulfilled").map((each) => each.index));
    for (const call of trial.backend.calls) {
      if (call.status !== "answered") continue;
      for (const input of call.inputs) {
        const index = indexOf(subject, input);
        expectThat(
          kept.has(index),
          where,
          `input ${index}, which was answered, in \`outcomes\``,
          "a BatchError without it",
        );
      }
    }
    for (const outcome of reason.outcomes) {
      if (outcome.status === "rejected") continue;
      const output = expected[outcome.index] as Output;
      expectThat(
        subject.equals(outcome.value as Output, output),
        where,
        `the output of input ${outcome.index} in its outcome`,
        "another value",
      );
    }
  });
}
