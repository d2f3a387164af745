import { copies, inputAt, refusesInput, slotsBy, take } from "../expectations.ts";
import { broken, expectThat, type Law, nameOf } from "../law.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { ownMethods } from "../ways.ts";

/** L4: a batch of one is an invoke, for outputs and for failures. */
export const l04: Law = {
  number: "L4",
  title: "batch([x]) equals [invoke(x)]",
  advice: "send the input of `invoke` as `batch` sends one, and read the answer in the same way.",
  observes: false,
  async check(subject) {
    for (const [index, input] of take(subject, 6).entries()) {
      const alone = await invoked(subject, input, index);
      for (const way of ownMethods) {
        const where = `${way.name}, input ${index} alone`;
        await inTrial(subject, {}, async (trial) => {
          const slots = await slotsBy(trial, way, [input], {}, where);
          const [slot] = slots;
          if (slots.length !== 1) throw broken(where, "one output", `${slots.length}`);
          if (slot instanceof Error) throw broken(where, "the output that invoke gives", nameOf(slot), slot);
          expectThat(
            subject.equals(slot as typeof alone, alone),
            where,
            "the output that invoke gives",
            "another value",
          );
        });
      }
    }
    if (subject.answer !== undefined) await checkFailure(subject, inputAt(subject, 0));
  },
};

async function invoked<Input, Output>(subject: Subject<Input, Output>, input: Input, index: number): Promise<Output> {
  const where = `invoke, input ${index}`;
  return inTrial(subject, {}, async (trial) => {
    const attempt = await trial.attempt(trial.runnable.invoke(subject.copy(input), {}), where);
    if (attempt.status === "rejected") throw broken(where, "an output", nameOf(attempt.reason), attempt.reason);
    return attempt.value;
  });
}

async function checkFailure<Input, Output>(subject: Subject<Input, Output>, input: Input): Promise<void> {
  await inTrial(subject, refusesInput(subject, input), async (trial) => {
    const where = "invoke, an input that the backend refuses";
    const attempt = await trial.attempt(trial.runnable.invoke(subject.copy(input), {}), where);
    expectThat(attempt.status === "rejected", where, "a rejection", "an output");
    expectThat(attempt.reason instanceof Error, where, "an Error", `a thrown ${typeof attempt.reason}`);
  });
  for (const way of ownMethods) {
    const where = `${way.name}, one input that the backend refuses`;
    await inTrial(subject, refusesInput(subject, input), async (trial) => {
      const run = way.run(trial.runnable, copies(subject, [input]), { ...trial.options, returnExceptions: true });
      const attempt = await trial.attempt(run, where);
      if (attempt.status === "rejected") return;
      expectThat(attempt.value[0] instanceof Error, where, "an Error, as invoke throws one", "an output");
    });
  }
}
