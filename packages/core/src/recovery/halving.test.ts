import { expect, it } from "vitest";
import { chunkOf, stageParts, type StageParts } from "../../test/engine-parts.ts";
import { range } from "../../test/regressions/held-backend.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { InputError, ProviderError, TimeoutError } from "../contract/errors.ts";
import type { AnyBatchRun } from "../engine/batch-run.ts";
import { Halving } from "./halving.ts";
import { Retry } from "./retry.ts";

const DOWN = new ProviderError("no", { status: 503, retryable: true });
const SLOW = new TimeoutError("no");
const BAD = new InputError("no");

interface Halved extends StageParts<number, number> {
  /** Inputs of each call in few words: "0-3 4" for 0 to 3, and then 4. */
  readonly calls: string;
}

/** Sends the inputs of a request that has failed, in halves, to a backend that throws what `failure` gives. */
async function halve(
  size: number,
  failure: (inputs: readonly number[], call: number, batch: AnyBatchRun) => Error | undefined,
  error: Error = DOWN,
  passed: number = 0,
): Promise<Halved> {
  const calls: string[] = [];
  const subject = bulkRunnable<number, number>(async (inputs) => {
    calls.push(inputs.length === 1 ? `${inputs[0]}` : `${inputs[0]}-${inputs.at(-1)}`);
    const thrown = failure(inputs, calls.length - 1, parts.batch);
    if (thrown !== undefined) throw thrown;
    return inputs;
  });
  const given = { maxConcurrency: 4, retry: { attempts: 3, jitter: 0 } };
  const parts: StageParts<number, number> = stageParts(subject, range(100), given);
  const { admission, batch, caller, clock, context, intake, settler } = parts;
  const chunk = chunkOf(range(size));
  chunk.attempts = 1;
  if (passed > 0) intake.cap.passed(passed);
  const retry = new Retry(context, admission, caller, settler);
  await clock.run(new Halving(batch, intake, retry, settler).run({ chunk, error, isWhole: true }));
  return { ...parts, calls: calls.join(" ") };
}

const holds =
  (...bad: readonly number[]) =>
  (inputs: readonly number[]): Error | undefined =>
    inputs.some((each) => bad.includes(each)) ? DOWN : undefined;

it.for(range(8))(
  "P41 one input, number %i of 8, at which the provider fails, is found and harms no other",
  async (bad) => {
    const { sink, calls } = await halve(8, holds(bad));
    expect(sink.slots).toEqual(range(8).with(bad, DOWN as never));
    expect(calls.split(" ").length).toBeLessThanOrEqual(3 * 4 + 2);
  },
);

it("P41 where parts of a size pass and none larger does, that is suggested for what follows", async () => {
  const { sink, calls, intake } = await halve(16, (inputs) => (inputs.length > 4 ? DOWN : undefined));
  expect(sink.slots).toEqual(range(16));
  expect(calls.split(" ").length).toBeLessThanOrEqual(10);
  // None as large has ever passed.
  expect(intake.cap.most).toBe(4);
});

it("P41 where as many inputs have passed before, a second request has to say so, too", async () => {
  const tooMany = (inputs: readonly number[]): Error | undefined => (inputs.length > 4 ? DOWN : undefined);
  const { intake } = await halve(16, tooMany, DOWN, 16);
  expect(intake.cap.most).toBe(Infinity);
  intake.cap.suggest(16, 3);
  expect(intake.cap.most).toBe(4);
});

it.for([
  ["an input was bad", holds(5)],
  ["a part was refused for one of its inputs", (inputs: readonly number[]) => (inputs.includes(5) ? BAD : undefined)],
] as const)("P41 the size of what follows stays as it is where %s", async ([, failure]) => {
  const { sink, intake } = await halve(8, failure);
  expect(sink.rejected).toEqual([5]);
  expect(intake.cap.most).toBe(Infinity);
});

it("P41 what takes too long is halved at once and without a wait, and so is what follows", async () => {
  const { calls, clock, intake, sink } = await halve(8, (inputs) => (inputs.length > 2 ? SLOW : undefined), SLOW);
  expect(calls).toBe("0-3 0-1 2-3 4-5 6-7");
  expect([sink.slots, intake.cap.most, clock.now()]).toEqual([range(8), 2, 0]);
});

it("P41 one input that takes too long though others pass has another try", async () => {
  const { calls, sink } = await halve(2, (inputs) => (inputs.includes(1) ? SLOW : undefined), SLOW);
  expect(sink.slots).toEqual([0, SLOW]);
  expect(calls).toMatch(/^0 1 1/);
});

it("a part whose bad input is named goes out again without it", async () => {
  const named = (inputs: readonly number[]): Error | undefined =>
    inputs.includes(2) ? new InputError("no", { position: inputs.indexOf(2) }) : undefined;
  const { calls, sink } = await halve(8, named);
  expect(sink.rejected).toEqual([2]);
  expect(calls).toBe("0-3 4-7 0-3");
});

it("P12 once the batch ends nothing more is sent, and what has no outcome keeps none", async () => {
  const { calls, sink } = await halve(8, (_, call, batch) => {
    if (call === 1) batch.end({ status: "drained", reason: BAD }, "drain");
    return DOWN;
  });
  expect([calls, sink.outcomes]).toEqual(["0-3 4-7", []]);
});
