import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { Fifo } from "./fifo.ts";

/** Takes everything that is there. */
function drain<Item>(fifo: Fifo<Item>): (Item | undefined)[] {
  const items: (Item | undefined)[] = [];
  while (fifo.size > 0) items.push(fifo.shift());
  return items;
}

it("gives nothing where there is nothing, and stays usable", () => {
  const fifo = new Fifo<number>();
  expect([fifo.size, fifo.shift(), fifo.shift(), fifo.size]).toEqual([0, undefined, undefined, 0]);
  fifo.push(7);
  expect([fifo.size, fifo.shift(), fifo.size]).toEqual([1, 7, 0]);
});

it.for([1, 2, 1023, 1024, 1025, 2048, 5000])("first in, first out, with %i items that wait at once", (count) => {
  const fifo = new Fifo<number>();
  const items = Array.from({ length: count }, (_, index) => index);
  for (const item of items) fifo.push(item);
  expect(fifo.size).toBe(count);
  expect(drain(fifo)).toEqual(items);
});

it("first in, first out, where items come while others are taken", () => {
  const fifo = new Fifo<number>();
  const taken: (number | undefined)[] = [];
  let next = 0;
  // Three come for two that go: many wait in the end, over more than one slice.
  for (let round = 0; round < 3000; round++) {
    for (let each = 0; each < 3; each++) fifo.push(next++);
    taken.push(fifo.shift(), fifo.shift());
    expect(fifo.size).toBe(round + 1);
  }
  expect([...taken, ...drain(fifo)]).toEqual(Array.from({ length: next }, (_, index) => index));
});

it("P3 an item of undefined is an item", () => {
  const fifo = new Fifo<number | undefined>();
  fifo.push(undefined);
  fifo.push(1);
  expect(fifo.size).toBe(2);
  expect([fifo.shift(), fifo.size, fifo.shift(), fifo.size]).toEqual([undefined, 1, 1, 0]);
});

it("lets go of what has been taken, though others wait", async () => {
  const fifo = new Fifo<object>();
  const pushAndTake = (): WeakRef<object> => {
    for (let each = 0; each < 3; each++) fifo.push({});
    return new WeakRef(fifo.shift() as object);
  };
  const taken = pushAndTake();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // A weak reference holds its object until the turn has ended.
  await flush();
  collect();
  expect(taken.deref()).toBeUndefined();
  expect(fifo.size).toBe(2);
});
