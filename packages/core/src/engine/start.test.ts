import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { CollectingSink } from "../../test/engine-parts.ts";
import { turn } from "../../test/regressions/held-backend.ts";
import { bulkRunnable, runnable } from "../compose/functions.ts";
import { ArgumentError } from "../contract/errors.ts";
import { CALL_SLOT } from "../contract/marks.ts";
import type { BatchOptions, Inputs, RunnableShape } from "../contract/runnable.ts";
import { Runnable } from "../runnable.ts";
import { Semaphore } from "./admission/semaphore.ts";
import type { BatchRun } from "./batch-run.ts";
import { start } from "./start.ts";

const UPPER = runnable(async (input: string) => input.toUpperCase());

/** Starts a batch, and tells whether an output was made for it. */
function started(
  subject: RunnableShape<string, unknown>,
  inputs: Inputs<string>,
  options: BatchOptions = {},
  mayOverride: boolean = true,
  ends: unknown[] = [],
): {
  readonly batch: BatchRun<string, unknown>;
  readonly sink: CollectingSink<string, unknown>;
  readonly ends: unknown[];
} {
  const sink = new CollectingSink<string, unknown>();
  const given = { clock: new FakeClock(), ...options };
  const batch = start(subject, inputs, given, mayOverride, (source) => ({
    method: "batch",
    sink,
    failFast: false,
    outcomes: () => [],
    onEnd: (stop, pulled) => ends.push([stop, pulled, source.total]),
  }));
  return { batch, sink, ends };
}

it.for([
  ["an array", ["a", "b"]],
  ["an iterator", new Set(["a", "b"])],
  [
    "an async source",
    (async function* () {
      yield* ["a", "b"];
    })(),
  ],
] as const)("sets a batch of %s going, to its end", async ([, inputs]) => {
  const { sink, ends, batch } = started(UPPER, inputs);
  await turn();
  expect([sink.slots, ends, batch.isEnding]).toEqual([["A", "B"], [[undefined, 2, 2]], false]);
});

it("L3 without inputs it is over at once, and no call is made", () => {
  const subject = runnable(() => expect.unreachable("It was called."));
  expect(started(subject, []).ends).toEqual([[undefined, 0, 0]]);
});

it.for([
  ["inputs", "abc", {}, "Expected `inputs` to be an array"],
  ["options", ["a"], { maxConcurrency: 0 }, "Expected `maxConcurrency` to be"],
] as const)("%s that can't be worked with throw, and nothing is called", ([, inputs, options, message]) => {
  const subject = runnable(() => expect.unreachable("It was called."));
  const ends: unknown[] = [];
  const refused = (): unknown => started(subject, inputs as readonly string[], options, true, ends);
  expect(refused).toThrow(ArgumentError);
  expect(refused).toThrow(message);
  expect(ends).toEqual([]);
});

it("L10 an override is asked where it may be, for the whole of an array", async () => {
  class Own extends Runnable<string, string> {
    override invoke = async (input: string): Promise<string> => `one ${input}`;
    override batch = async (inputs: any): Promise<any> =>
      inputs.map((_: string, index: number) => `of ${inputs.length}: ${index}`);
  }
  const inputs = Array.from({ length: 120 }, () => "a");
  const [asked, not] = [started(new Own(), inputs), started(new Own(), ["a"], {}, false)];
  await turn();
  expect([asked.sink.slots[119], not.sink.slots]).toEqual(["of 120: 119", ["one a"]]);
});

it("the stages of a chain work as one batch", async () => {
  const chain = UPPER.pipe(bulkRunnable(async (inputs: readonly string[]) => inputs.map((input) => `${input}!`)));
  const { sink, ends } = started(chain, ["a", "b"]);
  await turn();
  expect([sink.slots, ends]).toEqual([["A!", "B!"], [[undefined, 2, 2]]]);
});

it("P14 the first call of a nested batch runs on its parent's permit, further ones on free ones", async () => {
  const semaphore = new Semaphore(2, undefined);
  semaphore.tryAcquire();
  const parent = { semaphore, isBorrowed: false, limiter: undefined, outer: undefined };
  let called = 0;
  const held = runnable(() => new Promise<never>(() => void called++));
  started(held, ["a", "b", "c"], { [CALL_SLOT]: parent, maxConcurrency: 3 } as BatchOptions);
  expect([called, parent.isBorrowed]).toEqual([2, true]);
});

it("P12 an abort that came before starts nothing", async () => {
  const subject = runnable(() => expect.unreachable("It was called."));
  const { ends, batch } = started(subject, ["a"], { signal: AbortSignal.abort("aborted") });
  expect(ends).toEqual([[{ status: "aborted", reason: "aborted" }, 1, 1]]);
  expect(batch.isEnding).toBe(true);
});
