import { isDeepStrictEqual } from "node:util";

import type { BatchOptions } from "@batchwise/core";

import { refusal } from "./fault-schedules.ts";
import { broken, expectThat, nameOf } from "./law.ts";
import type { BackendCall, Script } from "./scripted-backend.ts";
import type { Subject } from "./subject.ts";
import { inTrial, type Trial } from "./trial.ts";
import type { Slots, Way } from "./ways.ts";

/** Copies of `count` inputs of the subject, from the first on, over and over. */
export function take<Input>(subject: Subject<Input, any>, count: number): Input[] {
  return Array.from({ length: count }, (_, index) => inputAt(subject, index));
}

/** A copy of the input at `index` of the subject's inputs repeated forever. */
export function inputAt<Input>(subject: Subject<Input, any>, index: number): Input {
  return subject.copy(subject.inputs[index % subject.inputs.length] as Input);
}

/** Output that the Runnable has to give for each input. */
export async function expectedFor<Input, Output>(
  subject: Subject<Input, Output>,
  inputs: readonly Input[],
): Promise<Output[]> {
  const { expected } = subject;
  if (expected !== undefined) return inputs.map((input) => expected(input));
  return inTrial(subject, {}, async (trial) => {
    const outputs: Output[] = [];
    // One at a time: this is what the batches are compared with.
    for (const input of copies(subject, inputs)) {
      const attempt = await trial.attempt(trial.runnable.invoke(input, {}), "invoke");
      if (attempt.status === "rejected") throw broken("invoke", "an output", nameOf(attempt.reason), attempt.reason);
      outputs.push(attempt.value);
    }
    return outputs;
  });
}

/** Runs the inputs and returns their slots. @throws LawError when the way rejects. */
export async function slotsBy<Input, Output>(
  trial: Trial<Input, Output>,
  way: Way,
  inputs: readonly Input[],
  options: BatchOptions<Input, Output>,
  where: string,
): Promise<Slots<Output>> {
  const run = way.run(trial.runnable, copies(trial.subject, inputs), { ...trial.options, ...options });
  const attempt = await trial.attempt(run, where);
  if (attempt.status === "rejected") {
    throw broken(where, `${inputs.length} outcomes`, `a rejection with ${nameOf(attempt.reason)}`, attempt.reason);
  }
  return attempt.value;
}

/** Expects its own output in every slot. @throws LawError */
export function expectSlots<Output>(
  subject: Subject<any, Output>,
  slots: Slots<Output>,
  expected: readonly Output[],
  where: string,
): void {
  expectCount(slots, expected.length, where);
  for (const [index, output] of expected.entries()) expectSlot(subject, slots, index, output, where);
}

/** Expects as many slots as inputs. @throws LawError */
export function expectCount(slots: Slots<unknown>, count: number, where: string): void {
  expectThat(Array.isArray(slots), where, "an array of outputs", `a value of type ${typeof slots}`);
  expectThat(slots.length === count, where, `${count} outputs for ${count} inputs`, `${slots.length}`);
}

/** Expects its own output in the slot at `index`. @throws LawError */
export function expectSlot<Output>(
  subject: Subject<any, Output>,
  slots: Slots<Output>,
  index: number,
  output: Output,
  where: string,
): void {
  const slot = slots[index] as Output | Error;
  if (slot instanceof Error) throw broken(where, `the output of input ${index} in slot ${index}`, nameOf(slot), slot);
  expectThat(subject.equals(slot, output), where, `the output of input ${index} in slot ${index}`, "another value");
}

/**
 * Copies of inputs that a way can be given, equal ones staying one object: a Runnable that changes them breaks L9, and
 * nothing else for that.
 */
export function copies<Input>(subject: Subject<Input, any>, inputs: readonly Input[]): Input[] {
  const copied = new Map<Input, Input>();
  for (const input of inputs) if (!copied.has(input)) copied.set(input, subject.copy(input));
  return inputs.map((input) => copied.get(input) as Input);
}

/** Fails every call that holds `input`. */
export function refusesInput<Input>(subject: Subject<Input, any>, input: Input): Script<Input, any> {
  return { failure: (call) => (holds(subject, call, input) ? refusal() : undefined) };
}

/** Tells whether the call holds an input equal to `input`. */
export function holds<Input>(
  subject: Subject<Input, any>,
  call: Pick<BackendCall<Input>, "inputs">,
  input: Input,
): boolean {
  const index = indexOf(subject, input);
  return call.inputs.some((each) => indexOf(subject, each) === index);
}

/** Position of an input among the subject's, by value: it may have been through JSON. -1 where it is not one of them. */
export function indexOf<Input>(subject: Subject<Input, any>, input: Input): number {
  return subject.inputs.findIndex((each) => isDeepStrictEqual(each, input));
}
