import { expect, test } from "vitest";

import { Dice } from "./dice.ts";

test("chance follows from the seed, the request's number and the question alone", () => {
  expect(new Dice(7, 3).roll("reset")).toBe(new Dice(7, 3).roll("reset"));
  const rolls = [new Dice(7, 3), new Dice(8, 3), new Dice(7, 4)].flatMap((dice) => [
    dice.roll("reset"),
    dice.roll("nan"),
  ]);
  expect(new Set(rolls).size).toBe(6);
});

test("every tenth of the range comes about equally often, for any seed", () => {
  for (const seed of [0, 1, -5, 2 ** 40]) {
    const counts = Array.from({ length: 10 }, () => 0);
    for (let number = 1; number <= 10_000; number++) {
      const tenth = Math.floor(new Dice(seed, number).roll("serverError") * 10);
      counts[tenth] = (counts[tenth] as number) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  }
});

test("the questions of one request are independent", () => {
  let both = 0;
  for (let number = 1; number <= 10_000; number++) {
    const dice = new Dice(1, number);
    if (dice.roll("reset") < 0.5 && dice.roll("cutBody") < 0.5) both++;
  }
  expect(Math.abs(both - 2500)).toBeLessThan(200);
});

test("a pick is a whole number below the count", () => {
  const picks = new Set(Array.from({ length: 500 }, (_, number) => new Dice(1, number).pick("row", 5)));
  expect([...picks].toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4]);
});
