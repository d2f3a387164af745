import { expect, it } from "vitest";
import { ResultSlots } from "./result-slots.ts";

const ERROR = new Error("no");
const ENDED = new Error("ended");

it("L2 each outcome lies in its own slot, in whatever order they come", () => {
  const slots = new ResultSlots<string, string>(["a", "b", "c"]);
  slots.fulfill(2, "c", "C");
  slots.reject(1, "b", ERROR);
  slots.fulfill(0, "a", "A");
  expect(slots.values).toEqual(["A", ERROR, "C"]);
});

it("L1 there are as many slots as inputs of an array, filled or not", () => {
  expect(new ResultSlots(["a", "b"]).values).toHaveLength(2);
  expect(new ResultSlots([]).values).toHaveLength(0);
  expect(new ResultSlots(undefined).values).toHaveLength(0);
});

it.for([[["a", "b", "c"]], [undefined]] as const)(
  "outcomes are those that are there, in input order, of %o",
  ([inputs]) => {
    const slots = new ResultSlots<string, string>(inputs);
    expect(slots.outcomes()).toEqual([]);
    slots.reject(2, "c", ERROR);
    slots.fulfill(0, "a", "A");
    expect(slots.outcomes()).toEqual([
      { index: 0, input: "a", status: "fulfilled", value: "A" },
      { index: 2, input: "c", status: "rejected", reason: ERROR },
    ]);
  },
);

it("P3 L14 an output of undefined is an outcome, and an Error that is an output is no failure", () => {
  const slots = new ResultSlots<string, Error | undefined>(["a", "b"]);
  slots.fulfill(0, "a", undefined);
  slots.fulfill(1, "b", ERROR);
  expect(slots.outcomes().map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(slots.filledUp(2, ENDED)).toEqual([undefined, ERROR]);
});

it("the reason of the end fills the slots that have no outcome, and no others", () => {
  const slots = new ResultSlots<string, string | undefined>(["a", "b", "c", "d"]);
  slots.fulfill(1, "b", undefined);
  slots.reject(2, "c", ERROR);
  expect(slots.filledUp(4, ENDED)).toEqual([ENDED, undefined, ERROR, ENDED]);
});

it("of a lazy source, as many slots are filled as inputs were taken", () => {
  const slots = new ResultSlots<string, string>(undefined);
  slots.fulfill(1, "b", "B");
  expect(slots.filledUp(3, ENDED)).toEqual([ENDED, "B", ENDED]);
  expect(new ResultSlots(undefined).filledUp(0, ENDED)).toEqual([]);
});

it("slots hold no stage back", () => {
  const { backlog } = new ResultSlots([]);
  expect([backlog.waiting, backlog.held]).toEqual([0, 0]);
  expect(() => backlog.wakeWhenTaken({ wake: () => expect.unreachable() })).not.toThrow();
});
