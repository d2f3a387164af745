import { expect, it } from "vitest";
import { CompletionQueue, OrderedQueue, type OutcomeQueue } from "./outcome-queues.ts";

const ERROR = new Error("no");

/** Fulfills these indexes with texts of their own. */
function fill(queue: OutcomeQueue<string, string>, ...indexes: readonly number[]): void {
  for (const index of indexes) queue.fulfill(index, `in ${index}`, `out ${index}`);
}

/** Indexes that can be taken now, in their order. */
function takeAll(queue: OutcomeQueue<string, string>): number[] {
  const indexes: number[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) indexes.push(next.index);
  return indexes;
}

it.for([
  ["a CompletionQueue", new CompletionQueue<string, string>()],
  ["an OrderedQueue", new OrderedQueue<string, string>()],
] as const)("%s gives back what it was given", ([, queue]) => {
  expect(queue.take()).toBeUndefined();
  queue.fulfill(0, "a", "b");
  queue.reject(1, "c", ERROR);
  expect(queue.take()).toEqual({ index: 0, input: "a", status: "fulfilled", value: "b" });
  expect(queue.take()).toEqual({ index: 1, input: "c", status: "rejected", reason: ERROR });
  expect([queue.take(), queue.waiting, queue.held]).toEqual([undefined, 0, 0]);
});

it("outcomes come as they complete", () => {
  const queue = new CompletionQueue<string, string>();
  fill(queue, 2, 0, 1);
  expect([queue.waiting, queue.held]).toEqual([3, 3]);
  expect(takeAll(queue)).toEqual([2, 0, 1]);
});

it("L2 outcomes come in input order, and early ones are held back", () => {
  const queue = new OrderedQueue<string, string>();
  fill(queue, 2, 1);
  expect([queue.waiting, queue.held, queue.take()]).toEqual([0, 2, undefined]);
  fill(queue, 0, 4);
  expect([queue.waiting, queue.held]).toEqual([3, 4]);
  expect(queue.take()?.index).toBe(0);
  expect([queue.waiting, queue.held]).toEqual([2, 3]);
  expect(takeAll(queue)).toEqual([1, 2]);
  fill(queue, 3);
  expect([queue.waiting, takeAll(queue), queue.held]).toEqual([2, [3, 4], 0]);
});

it("its own backlog is the one that holds stages back", () => {
  const queue = new CompletionQueue<string, string>();
  expect(queue.backlog).toBe(queue);
});

it.for([new CompletionQueue<string, string>(), new OrderedQueue<string, string>()])(
  "the listener hears of an outcome when it is there, of each once",
  (queue) => {
    const heard: (number | undefined)[] = [];
    fill(queue, 0);
    takeAll(queue);
    queue.onOutcome = () => heard.push(queue.take()?.index);
    fill(queue, 1, 3);
    queue.reject(2, "in 2", ERROR);
    expect(heard).toHaveLength(3);
    expect(heard[0]).toBe(1);
  },
);

it("a stage that waits is woken once, when something has been taken", () => {
  const queue = new CompletionQueue<string, string>();
  let woken = 0;
  const stage = { wake: () => woken++ };
  queue.wakeWhenTaken(stage);
  queue.wakeWhenTaken(stage);
  fill(queue, 0);
  takeAll(queue);
  expect(woken).toBe(0);
  queue.wake();
  queue.wake();
  expect(woken).toBe(1);
});
