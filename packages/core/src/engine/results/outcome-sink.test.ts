import { expect, it } from "vitest";
import { Sleepers, type Wakeable } from "./outcome-sink.ts";

it("wakes each stage once, in the order in which they fell asleep", () => {
  const sleepers = new Sleepers();
  const woken: string[] = [];
  const [first, second]: Wakeable[] = ["first", "second"].map((name) => ({ wake: () => woken.push(name) }));
  for (const stage of [first, second, first]) sleepers.add(stage as Wakeable);
  sleepers.wake();
  expect(woken).toEqual(["first", "second"]);
  sleepers.wake();
  expect(woken).toEqual(["first", "second"]);
});

it("waking where all are awake does nothing", () => {
  expect(() => new Sleepers().wake()).not.toThrow();
});

it("a stage that falls asleep again as it is woken sleeps until the next time", () => {
  const sleepers = new Sleepers();
  let woken = 0;
  const stage: Wakeable = {
    wake() {
      woken++;
      sleepers.add(stage);
    },
  };
  sleepers.add(stage);
  sleepers.wake();
  expect(woken).toBe(1);
  sleepers.wake();
  expect(woken).toBe(2);
});
