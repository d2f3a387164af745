import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { KeepingReader } from "../../../test/engine-parts.ts";
import { AsyncSource, IteratorSource } from "./lazy-sources.ts";

/** Iterator that counts its steps and whether it was put away. */
function counted(items: readonly unknown[]): Iterator<unknown> & { steps: number; returns: number } {
  return {
    steps: 0,
    returns: 0,
    next() {
      const step = this.steps++;
      return step < items.length ? { done: false, value: items[step] } : { done: true, value: undefined };
    },
    return() {
      this.returns++;
      return { done: true, value: undefined };
    },
  };
}

const boom = new Error("The source is broken.");
const throwing = (): never => {
  throw boom;
};

it("L11 an iterable is opened at the first wish, and pulled no further than wishes go", () => {
  const iterator = counted(["a", "b", "c"]);
  let opened = 0;
  const source = new IteratorSource(() => {
    opened++;
    return iterator;
  });
  const reader = new KeepingReader(source);
  reader.take(0);
  expect([opened, iterator.steps]).toEqual([0, 0]);
  reader.take(2);
  expect([opened, iterator.steps, reader.inputs]).toEqual([1, 2, ["a", "b"]]);
  expect(source).toMatchObject({ pulled: 2, ended: false, total: undefined });
  reader.take(9);
  expect([opened, reader.inputs, reader.indexes]).toEqual([1, ["a", "b", "c"], [0, 1, 2]]);
  expect(source).toMatchObject({ pulled: 3, ended: true, total: 3, failure: undefined });
  reader.take(9);
  expect(iterator.steps).toBe(4);
});

it.for([undefined, null, 0, "", false])("P3 an input of %j is an input, and a step without `done` is one", (input) => {
  const source = new IteratorSource(() => counted([input]));
  expect([source.advance(), source.input, source.advance(), source.total]).toEqual([true, input, false, 1]);
  const bare = new IteratorSource(() => ({ next: () => ({ value: input }) }) as Iterator<unknown>);
  expect(bare.advance()).toBe(true);
});

it.for([
  ["opening it throws", throwing, boom],
  ["its next() throws", () => ({ next: throwing }), boom],
  [
    "its next() gives no object",
    () => ({ next: () => 3 }),
    new TypeError("Expected the source's next() to give { value, done }, got a number."),
  ],
  [
    "its next() gives null",
    () => ({ next: () => null }),
    new TypeError("Expected the source's next() to give { value, done }, got null."),
  ],
] as const)("an iterable has failed and ended where %s", ([, open, error]) => {
  const source = new IteratorSource(open as unknown as () => Iterator<unknown>);
  expect(source.advance()).toBe(false);
  expect(source).toMatchObject({ ended: true, failure: { error }, pulled: 0, total: undefined });
  expect(source.advance()).toBe(false);
});

it("closing tells an iterator that was opened, once; one that has ended or was never opened is let be", async () => {
  const [open, unopened, over] = [counted([1, 2]), counted([1]), counted([])];
  const sources = [open, unopened, over].map((iterator) => new IteratorSource(() => iterator));
  sources[0]?.advance();
  sources[2]?.advance();
  for (const source of [...sources, ...sources]) source.close();
  expect([open.returns, unopened.returns, over.returns]).toEqual([1, 0, 0]);
  expect(sources.map((source) => [source.ended, source.advance()])).toEqual(sources.map(() => [true, false]));
});

it.for([
  ["an iterable", IteratorSource],
  ["an async iterable", AsyncSource],
] as const)("an error while %s is put away is no outcome of an input", async ([, Source]) => {
  const iterator = { ...counted([1, 2]), return: throwing };
  const source = new Source(() => iterator as never);
  new KeepingReader(source).take(1);
  await flush();
  source.close();
  // A rejection that nothing takes would fail this run.
  await flush();
  expect(source).toMatchObject({ ended: true, failure: undefined });
});

/** Iterator whose steps the test takes. */
class HeldIterator implements AsyncIterator<unknown> {
  steps = 0;
  returns = 0;
  #step = Promise.withResolvers<IteratorResult<unknown>>();

  next(): Promise<IteratorResult<unknown>> {
    this.steps++;
    return this.#step.promise;
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.returns++;
    return { done: true, value: undefined };
  }

  /** Ends the step that is being waited for, with all that follows from it. */
  async end(step: IteratorResult<unknown> | Promise<never>): Promise<void> {
    const { resolve } = this.#step;
    this.#step = Promise.withResolvers();
    resolve(step);
    await flush();
  }
}

it("L11 an async iterable is asked for one input at a time, for as long as more are wanted", async () => {
  const iterator = new HeldIterator();
  const source = new AsyncSource(() => iterator);
  const reader = new KeepingReader(source);
  reader.take(0);
  expect(iterator.steps).toBe(0);
  reader.take(2);
  reader.take(0);
  expect(iterator.steps).toBe(1);
  await iterator.end({ value: "a" });
  expect([iterator.steps, reader.inputs, reader.woken]).toEqual([2, ["a"], 0]);
  await iterator.end({ value: undefined, done: false });
  expect([iterator.steps, reader.inputs, reader.woken]).toEqual([2, ["a", undefined], 1]);
  expect(source).toMatchObject({ pulled: 2, ended: false, total: undefined });
  reader.take(1);
  await iterator.end({ value: undefined, done: true });
  expect(source).toMatchObject({ pulled: 2, ended: true, total: 2, failure: undefined });
  expect([reader.indexes, reader.woken]).toEqual([[0, 1], 2]);
  reader.take(1);
  expect(iterator.steps).toBe(3);
});

it.for([
  ["opening it throws", throwing, boom],
  ["its next() throws", () => ({ next: throwing }), boom],
  ["its next() rejects", () => ({ next: () => Promise.reject(boom) }), boom],
  [
    "its next() gives no object",
    () => ({ next: async () => "step" }),
    new TypeError("Expected the source's next() to give { value, done }, got a string."),
  ],
] as const)("an async iterable has failed and ended where %s, and says so", async ([, open, error]) => {
  const source = new AsyncSource(open as unknown as () => AsyncIterator<unknown>);
  const reader = new KeepingReader(source);
  reader.take(1);
  await flush();
  expect(source).toMatchObject({ ended: true, failure: { error }, pulled: 0, total: undefined });
  expect([reader.woken, reader.inputs]).toEqual([1, []]);
});

it.for([
  ["an input", (): IteratorResult<unknown> => ({ value: "late" })],
  ["the end", (): IteratorResult<unknown> => ({ value: undefined, done: true })],
  ["an error", (): Promise<never> => Promise.reject(boom)],
] as const)("P17 what an async iterable gives after it was closed counts no more: %s", async ([, step]) => {
  const iterator = new HeldIterator();
  const source = new AsyncSource(() => iterator);
  const reader = new KeepingReader(source);
  reader.take(9);
  source.close();
  source.close();
  await iterator.end(step());
  expect([iterator.returns, iterator.steps, reader.inputs, reader.woken]).toEqual([1, 1, [], 0]);
  expect(source).toMatchObject({ ended: true, pulled: 0, total: undefined, failure: undefined });
});
