import { bulkRunnable, InputError, rateLimiter, sleep } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";

/** Place at which a server names the first bad input of a request, given where it is. */
type Naming = (place: number, size: number) => number;

/**
 * Servers and gateways send a request on in parts of their own, or put several requests together, and number the inputs
 * of those (https://github.com/lfnovo/esperanto/pull/260, https://github.com/xorbitsai/inference/pull/5240).
 */
const NAMINGS: readonly [name: string, naming: Naming][] = [
  ["from one", (place) => place + 1],
  ["within parts of 32", (place) => place % 32],
  ["within parts of 10", (place) => place % 10],
  ["behind another request's inputs", (place) => place + 7],
  ["from the end", (place, size) => size - 1 - place],
  ["always as the first", () => 0],
];

/** Inputs, inputs in a request, and the bad ones. */
const BAD: readonly [count: number, maxInputs: number, bad: readonly number[]][] = [
  [100, 100, [40]],
  [100, 100, [33, 34, 70]],
  [100, 100, [5, 40, 77]],
  [100, 100, [0, 99]],
  [500, 100, [3, 60, 170, 171, 350, 351, 352]],
  [2048, 2048, [700]],
];

/** A batch at a server that refuses requests because of an input, and how many calls that took. */
async function run(
  [count, maxInputs]: (typeof BAD)[number],
  refuse: (inputs: readonly number[]) => Error | undefined,
): Promise<{ readonly slots: readonly unknown[]; readonly calls: number }> {
  const clock = new FakeClock();
  let calls = 0;
  const subject = bulkRunnable<number, number>(
    async (inputs, { signal }) => {
      calls++;
      await sleep(110, clock, signal);
      const error = refuse(inputs);
      if (error !== undefined) throw error;
      return inputs;
    },
    { maxConcurrency: 5, request: { maxInputs }, retry: { attempts: 6 }, limiter: rateLimiter({ clock }) },
  );
  const slots = await clock.run(subject.batch(range(count), { clock, returnExceptions: true }));
  return { slots, calls };
}

function refusal(position: number): InputError {
  return new InputError("Invalid input.", { position });
}

describe.for(NAMINGS)("P36 where a server names the bad input %s", ([, naming]) => {
  it.for(BAD)("of %i inputs in requests of %i only %j fail", async (row) => {
    const [count, maxInputs, bad] = row;
    const { slots, calls } = await run(row, (inputs) => {
      const place = inputs.findIndex((input) => bad.includes(input));
      return place < 0 ? undefined : refusal(naming(place, inputs.length));
    });
    expect(slots.flatMap((slot, index) => (slot instanceof Error ? index : []))).toEqual(bad);
    const steps = Math.ceil(Math.log2(maxInputs));
    expect(calls).toBeLessThanOrEqual(count / maxInputs + bad.length * (2 * steps + 4));
  });
});

it.for(BAD)("P36 of %i inputs in requests of %i a server names %j rightly: at most two calls for each", async (row) => {
  const [count, maxInputs, bad] = row;
  const { slots, calls } = await run(row, (inputs) => {
    const place = inputs.findIndex((input) => bad.includes(input));
    return place < 0 ? undefined : refusal(place);
  });
  expect(slots.flatMap((slot, index) => (slot instanceof Error ? index : []))).toEqual(bad);
  expect(calls).toBeLessThanOrEqual(Math.ceil(count / maxInputs) + 2 * bad.length);
});

it("P36 all inputs are answered where a server names the first one that is beyond its limit", async () => {
  const { slots, calls } = await run([200, 200, []], (inputs) => (inputs.length > 32 ? refusal(32) : undefined));
  expect(slots).toEqual(range(200));
  expect(calls).toBeLessThanOrEqual(40);
});

it("P49 what a server refuses for all, with a name, ends the run", async () => {
  const { slots, calls } = await run([10_000, 100, []], () => refusal(0));
  expect(calls).toBeLessThanOrEqual(40);
  expect(slots.every((slot) => slot instanceof Error)).toBe(true);
});

it("L12 a batch that fails fast ends with the first input that is named, and makes no further call", async () => {
  let calls = 0;
  const subject = bulkRunnable<number, number>(() => {
    calls++;
    return Promise.reject(refusal(7));
  });
  await expect(subject.batch(range(10))).rejects.toMatchObject({ cause: { position: 7 } });
  expect(calls).toBe(1);
});
