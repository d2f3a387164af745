import { expect, it } from "vitest";
import { drained, HeldBackend, range, reasonOf, turn, watch } from "../../test/regressions/held-backend.ts";
import { runnable } from "../compose/functions.ts";
import { ArgumentError, BatchError } from "../contract/errors.ts";
import type { Completed } from "../contract/outcome.ts";
import type { BatchOptions, Inputs } from "../contract/runnable.ts";
import { Runnable } from "../runnable.ts";
import { OutcomeStream } from "./outcome-stream.ts";
import { CompletionQueue, OrderedQueue } from "./results/outcome-queues.ts";

const BAD = new Error("no");
const UPPER = runnable(async (input: string) => {
  if (input === "bad") throw BAD;
  return input.toUpperCase();
});

/** Stream over what a function makes of these inputs, as it completes. */
const stream = (
  subject: Runnable<string, unknown>,
  inputs: Inputs<string>,
  options: BatchOptions = {},
): OutcomeStream<string, unknown> => new OutcomeStream(subject, inputs, options, new CompletionQueue());

/** Stream over a backend that holds its calls open. */
function held(
  count: number,
  options: BatchOptions = {},
): { readonly backend: HeldBackend<string, string>; readonly outcomes: OutcomeStream<string, unknown> } {
  const backend = new HeldBackend<string, string>();
  return { backend, outcomes: stream(runnable(backend.call), range(count).map(String), options) };
}

const indexOf = ({ value }: IteratorResult<Completed<string, unknown>, undefined>): number | undefined => value?.index;

it("L6 hands out each outcome with its input, failures too, and then says that it is over", async () => {
  const outcomes = stream(UPPER, ["a", "bad"]);
  const [first, second] = [await outcomes.next(), await turn().then(() => outcomes.next())];
  expect(first).toEqual({ done: false, value: { index: 0, input: "a", status: "fulfilled", value: "A" } });
  expect(second).toEqual({ done: false, value: { index: 1, input: "bad", status: "rejected", reason: BAD } });
  for (const each of [outcomes.next(), outcomes.next()]) expect(await each).toEqual({ done: true, value: undefined });
});

it("L3 can be looped over, once, and not at all where there is nothing", async () => {
  expect((await drained(stream(UPPER, []))).items).toEqual([]);
  const outcomes = stream(UPPER, ["a"]);
  expect(outcomes[Symbol.asyncIterator]()).toBe(outcomes);
  expect((await drained(outcomes)).items).toHaveLength(1);
  expect((await drained(outcomes)).items).toEqual([]);
});

it("costs nothing until it is read", async () => {
  const { backend, outcomes } = held(1);
  await turn();
  expect(backend.calls).toHaveLength(0);
  void outcomes.next();
  await turn();
  expect(backend.calls).toHaveLength(1);
});

it("reads that wait are served in their order", async () => {
  const { backend, outcomes } = held(3, { maxConcurrency: 3 });
  const asked = range(4).map(() => watch(outcomes.next()));
  await turn();
  for (const number of [2, 0, 1]) backend.at(number).answer("x");
  await turn();
  expect(asked.map(({ value }) => value && indexOf(value))).toEqual([2, 0, 1, undefined]);
  expect(asked[3]?.value?.done).toBe(true);
});

it("L2 an ordered queue makes it a stream in input order", async () => {
  const backend = new HeldBackend<string, string>();
  const outcomes = new OutcomeStream(runnable(backend.call), ["a", "b"], { maxConcurrency: 2 }, new OrderedQueue());
  const first = watch(outcomes.next());
  await turn();
  backend.at(1).answer("B");
  await turn();
  expect(first.state).toBe("pending");
  backend.at(0).answer("A");
  expect([indexOf(await first.promise), indexOf(await outcomes.next())]).toEqual([0, 1]);
});

it("L11 works no further ahead than its consumer follows", async () => {
  const { backend, outcomes } = held(9, { maxConcurrency: 2 });
  const answerAll = async (): Promise<void> => {
    await turn();
    for (const call of backend.calls) call.answer("x");
    await turn();
  };
  void outcomes.next();
  for (const _ of range(3)) await answerAll();
  const calls = backend.calls.length;
  expect(calls).toBeLessThanOrEqual(4);
  await outcomes.next();
  for (const _ of range(3)) await answerAll();
  expect(backend.calls.length).toBe(calls + 1);
});

it("P17 a consumer that leaves aborts what is in flight, and nothing more starts", async () => {
  const { backend, outcomes } = held(9, { maxConcurrency: 2 });
  const first = outcomes.next();
  await turn();
  backend.at(0).answer("x");
  await first;
  await turn();
  expect(await outcomes.return()).toEqual({ done: true, value: undefined });
  backend.at(1).answer("x");
  await turn();
  const reason = { name: "AbortError", message: "The consumer stopped reading." };
  expect(backend.calls.map(({ options }) => options.signal?.reason)).toMatchObject([reason, reason, reason]);
  expect((await outcomes.next()).done).toBe(true);
});

it("outcomes that were not read are gone once the consumer has left", async () => {
  const outcomes = stream(UPPER, ["a", "b", "c"], { maxConcurrency: 3 });
  await outcomes.next();
  await turn();
  await outcomes.return();
  expect(await outcomes.next()).toEqual({ done: true, value: undefined });
});

it("a stream that is left before it was read never starts", async () => {
  const { backend, outcomes } = held(1);
  await outcomes.return();
  expect(await outcomes.next()).toEqual({ done: true, value: undefined });
  await turn();
  expect(backend.calls).toHaveLength(0);
});

it("L7 P12 an abort is thrown once, after what had finished", async () => {
  const controller = new AbortController();
  const { backend, outcomes } = held(3, { maxConcurrency: 3, signal: controller.signal });
  const first = outcomes.next();
  await turn();
  for (const number of [0, 1]) backend.at(number).answer("x");
  await turn();
  controller.abort("enough");
  expect([indexOf(await first), indexOf(await outcomes.next())]).toEqual([0, 1]);
  expect(await reasonOf(outcomes.next())).toBe("enough");
  expect((await outcomes.next()).done).toBe(true);
});

it("L7 P12 of all that wait at the abort, the first one is told why", async () => {
  const controller = new AbortController();
  const { outcomes } = held(3, { signal: controller.signal });
  const [first, second] = range(2).map(() => watch(outcomes.next()));
  controller.abort("enough");
  await turn();
  expect([first?.reason, second?.value?.done]).toEqual(["enough", true]);
});

it("a drain is thrown after what was in flight", async () => {
  const controller = new AbortController();
  const { backend, outcomes } = held(3, { drain: controller.signal });
  const first = outcomes.next();
  await turn();
  controller.abort("closing");
  backend.at(0).answer("x");
  expect(indexOf(await first)).toBe(0);
  expect(await reasonOf(outcomes.next())).toBe("closing");
  expect(backend.calls).toHaveLength(1);
});

it("what a source throws comes as a BatchError, after everything that it gave", async () => {
  const inputs = {
    *[Symbol.iterator](): Generator<string> {
      yield "a";
      throw BAD;
    },
  };
  const { items, thrown } = await drained(stream(UPPER, inputs));
  expect([items.length, BatchError.isInstance(thrown), (thrown as Error).cause]).toEqual([1, true, BAD]);
  expect((thrown as Error).message).toBe(
    "Expected the batch to run to its end, got Error, in `cause`. Every outcome that there was has been handed out.",
  );
});

it("options and inputs that can't be worked with are thrown at the first reading, as they are", async () => {
  for (const outcomes of [stream(UPPER, ["a"], { maxConcurrency: 0 }), stream(UPPER, "abc" as never)]) {
    expect(ArgumentError.isInstance(await reasonOf(outcomes.next()))).toBe(true);
    expect((await outcomes.next()).done).toBe(true);
  }
});

it("L10 asks an override, unless it is the one that reads", async () => {
  class Own extends Runnable<string, unknown> {
    override invoke = async (input: string): Promise<string> => `one ${input}`;
    override async batch(inputs: any): Promise<any> {
      const { items } = await drained(stream(this, inputs as string[]));
      return items.map((each) => (each.status === "fulfilled" ? `own ${String(each.value)}` : each.reason));
    }
  }
  const { items } = await drained(stream(new Own(), ["a"]));
  expect(items).toMatchObject([{ value: "own one a" }]);
});
