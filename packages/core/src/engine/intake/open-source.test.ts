import { expect, it } from "vitest";
import { KeepingReader } from "../../../test/engine-parts.ts";
import { ArgumentError } from "../../contract/errors.ts";
import { AsyncSource, IteratorSource } from "./lazy-sources.ts";
import { openSource } from "./open-source.ts";
import type { SyncSource } from "./source.ts";

const openArray = (inputs: readonly unknown[]): SyncSource<unknown> => openSource(inputs) as SyncSource<unknown>;

it("L11 gives an array's inputs as they are wanted, each with its index, and ends with the last one", () => {
  const source = openSource(["a", "b", "c"]);
  expect(source).toMatchObject({ total: 3, pulled: 0, ended: false });
  const reader = new KeepingReader(source);
  reader.take(0);
  expect([reader.inputs, source.pulled]).toEqual([[], 0]);
  reader.take(2);
  expect([reader.inputs, reader.indexes]).toEqual([
    ["a", "b"],
    [0, 1],
  ]);
  expect(source).toMatchObject({ pulled: 2, ended: false });
  reader.take(9);
  expect([reader.inputs, reader.indexes]).toEqual([
    ["a", "b", "c"],
    [0, 1, 2],
  ]);
  expect(source).toMatchObject({ pulled: 3, ended: true });
});

it("L3 an empty array has ended from the start", () => {
  const source = openArray([]);
  expect([source.ended, source.total, source.advance(), source.pulled]).toEqual([true, 0, false, 0]);
});

it("moves on through an array one by one, and no further than its end", () => {
  const source = openArray(["a", "b"]);
  expect([source.advance(), source.input, source.ended]).toEqual([true, "a", false]);
  expect([source.advance(), source.input, source.ended]).toEqual([true, "b", true]);
  expect([source.advance(), source.pulled]).toEqual([false, 2]);
});

it("L9 changes of an array while the batch runs don't reach it", () => {
  const inputs = ["a", "b"];
  const source = openSource(inputs);
  inputs[1] = "changed";
  inputs.push("late");
  const reader = new KeepingReader(source);
  reader.take(9);
  expect(reader.inputs).toEqual(["a", "b"]);
  expect(source.inputs).toEqual(["a", "b"]);
});

it("a hole in an array is an input of undefined", () => {
  const inputs: unknown[] = [];
  inputs[1] = 1;
  const reader = new KeepingReader(openSource(inputs));
  reader.take(9);
  const source = openArray(inputs);
  expect([reader.inputs, source.advance(), source.input]).toEqual([[undefined, 1], true, undefined]);
});

it("gives nothing more once it was closed", () => {
  const source = openArray(["a", "b"]);
  source.close();
  const reader = new KeepingReader(source);
  reader.take(9);
  expect([reader.inputs, source.advance(), source.ended]).toEqual([[], false, true]);
});

it("opens what can be iterated over, and reads asynchronously what can do both", () => {
  const synchronous = { [Symbol.iterator]: () => [1].values() };
  const asynchronous = { [Symbol.asyncIterator]: async function* () {} };
  expect(openSource(new Set([1]))).toBeInstanceOf(IteratorSource);
  expect(openSource(new ReadableStream())).toBeInstanceOf(AsyncSource);
  expect(openSource(Object.assign(synchronous, asynchronous))).toBeInstanceOf(AsyncSource);
  expect(openSource(Object.assign(synchronous, { [Symbol.asyncIterator]: undefined }))).toBeInstanceOf(IteratorSource);
});

it("calls an iterable's method as a method of its own", () => {
  const inputs = {
    items: [4, 5],
    [Symbol.iterator]() {
      return this.items.values();
    },
  };
  const source = openSource(inputs) as SyncSource<number>;
  expect([source.advance(), source.input]).toEqual([true, 4]);
});

it.for([
  ["a string", "secret", "a string"],
  ["a number", 4, "a number"],
  ["undefined", undefined, "undefined"],
  ["null", null, "null"],
  ["an object", { length: 1, 0: "secret" }, "an object"],
  ["a function", () => "secret", "a function"],
  ["a promise of an array", Promise.resolve(["secret"]), "an object"],
  ["an object whose iterator is none", { [Symbol.iterator]: "secret" }, "an object"],
] as const)("P35 refuses %s, names its kind and not what it holds", ([, inputs, kind]) => {
  const open = (): unknown => openSource(inputs as never);
  expect(open).toThrow(ArgumentError);
  expect(open).toThrow(`an iterable or an async iterable, got ${kind}. Wrap a single input in an array`);
  expect(open).not.toThrow("secret");
});
