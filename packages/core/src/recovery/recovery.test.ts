import { expect, it } from "vitest";
import { chunkOf, stageParts, type StageParts } from "../../test/engine-parts.ts";
import { range } from "../../test/regressions/held-backend.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { InputError, ProviderError, ResultError } from "../contract/errors.ts";
import type { BatchOptions } from "../contract/runnable.ts";
import type { SizeCap } from "../request-size/size-cap.ts";
import type { Failure } from "./failure.ts";
import { Recovery } from "./recovery.ts";

const BAD = new InputError("no");
const DOWN = new ProviderError("no", { status: 503, retryable: true });
const WRONG = new ResultError("no");

interface Recovered extends StageParts<number, number> {
  readonly calls: string;
}

/** Recovery of a failed request of a batch, before a backend that throws what `failure` gives. */
async function recover(
  failure: Failure<number>,
  thrown: (inputs: readonly number[], call: number) => Error | undefined = () => undefined,
  options: BatchOptions = { retry: { attempts: 3, jitter: 0 } },
  prepare: (parts: StageParts<number, number>) => void = () => undefined,
): Promise<Recovered> {
  const calls: string[] = [];
  const subject = bulkRunnable<number, number>(async (inputs) => {
    calls.push(inputs.length === 1 ? `${inputs[0]}` : `${inputs[0]}-${inputs.at(-1)}`);
    const error = thrown(inputs, calls.length - 1);
    if (error !== undefined) throw error;
    return inputs;
  });
  const parts = stageParts<number, number>(subject, range(100), { maxConcurrency: 4, ...options });
  const { admission, caller, clock, context, intake, settler } = parts;
  prepare(parts);
  failure.chunk.attempts = 1;
  if (failure.isWhole) settler.health.fail(failure.chunk, failure.error, settler.count);
  const recovery = new Recovery(context, intake, admission, caller, settler);
  await clock.run(recovery.settle(failure));
  return { ...parts, calls: calls.join(" ") };
}

const whole = (size: number, error: Error): Failure<number> => ({ chunk: chunkOf(range(size)), error, isWhole: true });
const holds =
  (bad: number, error: Error) =>
  (inputs: readonly number[]): Error | undefined =>
    inputs.includes(bad) ? error : undefined;

it("P20 what fails in a way that passes goes again as it is", async () => {
  const { calls, clock, sink } = await recover(whole(4, DOWN));
  expect([calls, sink.slots, clock.now()]).toEqual(["0-3", range(4), 500]);
});

it.for([
  ["P36 a bad input is searched for", BAD, "0-2 3-4 5 6"],
  ["P48 a wrong answer is asked for twice more, then in halves", WRONG, "0-6 0-6 0-2 3-6 3-4 5-6 5 6"],
] as const)("%s", async ([, error, calls]) => {
  const gotThrough = ({ settler }: StageParts<number, number>): void => settler.health.pass(chunkOf([99], 99));
  const found = await recover(whole(7, error), holds(6, error), undefined, gotThrough);
  expect(found).toMatchObject({ calls });
  expect([found.sink.rejected, found.sink.outcomes.length]).toEqual([[6], 7]);
});

it("P49 it is asked first whether all inputs are refused", async () => {
  const { batch, calls, sink } = await recover(whole(8, BAD), () => BAD);
  expect(calls.split(" ").length).toBeLessThanOrEqual(5);
  expect([batch.isEnding, sink.rejected.length]).toEqual([true, calls.split(" ").length]);
});

it.for([
  ["P41 fails for the server's sake", DOWN],
  ["P41 is refused", BAD],
] as const)(
  "a request of more inputs than the backend is known to take that %s goes out in parts at once",
  async ([, error]) => {
    const learned: SizeCap[] = [];
    const tooMany = (inputs: readonly number[]): Error | undefined => (inputs.length > 4 ? error : undefined);
    const { calls, clock, sink } = await recover(whole(8, error), tooMany, undefined, ({ intake }) => {
      intake.cap.limit(9, 4);
      learned.push(intake.cap);
    });
    expect([calls, clock.now(), sink.slots]).toEqual(["0-3 4-7", 0, range(8)]);
    // What was tried was too large: between that and what passes, the next size is tried.
    expect([learned[0]?.most, Array.from({ length: 10 }, () => learned[0]?.next()).at(-1)]).toEqual([4, 6]);
  },
);

it("P41 a bad input in such a request is found in its part", async () => {
  const { calls, sink } = await recover(whole(8, BAD), holds(6, BAD), undefined, ({ intake }) =>
    intake.cap.limit(9, 4),
  );
  expect([calls, sink.rejected]).toEqual(["0-3 4-7 4-5 6 7", [6]]);
});

it("P41 two requests that are refused where none as large has passed are taken to be too large", async () => {
  const { calls } = await recover(
    whole(8, BAD),
    () => undefined,
    undefined,
    ({ intake }) => intake.cap.refused(9),
  );
  expect(calls).toMatch(/ 0-3 4-7$/);
});

it("items that failed apart and have tries left go again together, with the others' outcomes kept", async () => {
  const failure = { chunk: chunkOf([1, 2], 1), error: DOWN, errors: [DOWN, DOWN], isWhole: false };
  const { calls, sink } = await recover(failure);
  expect([calls, sink.slots]).toEqual(["1-2", [undefined, 1, 2]]);
});

it("P36 where the provider names the bad input, the others are sent without a wait", async () => {
  const error = new InputError("no", { position: 3 });
  const { calls, clock, sink } = await recover({ ...whole(4, error), named: 3 });
  expect([calls, sink.slots, clock.now()]).toEqual(["0-2", [0, 1, 2, error], 0]);
});

it("L12 once the batch ends nothing is sent", async () => {
  const onRetry = (): void => parts.batch.end({ status: "drained", reason: BAD }, "drain");
  const subject = bulkRunnable<number, number>(async () => expect.unreachable("A call was made."));
  const options = { retry: { attempts: 3, jitter: 0 }, onRetry };
  const parts: StageParts<number, number> = stageParts<number, number>(subject, range(100), options);
  const { admission, caller, clock, context, intake, settler, sink } = parts;
  const recovery = new Recovery(context, intake, admission, caller, settler);
  await clock.run(recovery.settle(whole(4, DOWN)).catch(() => undefined));
  expect([sink.outcomes, clock.now()]).toEqual([[], 0]);
});
