import { expect, test } from "vitest";
import { firstMs } from "./own.ts";
import { chosenRows } from "./rows.ts";

test("a speed is found when the last three seconds have it", () => {
  const slow = Array.from({ length: 10 }, (_, second) => [1000 * (second + 1), 100] as const);
  const quick = Array.from({ length: 10 }, (_, second) => [11_000 + 1000 * second, 300] as const);
  expect(firstMs(slow, 0.1)).toBe(3000);
  expect(firstMs([...slow, ...quick], 0.3)).toBe(13_000);
  expect(firstMs(slow, 0.3)).toBe(Infinity);
});

test("rows are those that are asked for, in the suite's order", () => {
  const sizes = { items: 1, rounds: 1 };
  expect(chosenRows(["a", "b", "c"], sizes)).toEqual(["a", "b", "c"]);
  expect(chosenRows(["a", "b", "c"], { ...sizes, rows: ["c", "a"] })).toEqual(["a", "c"]);
  expect(() => chosenRows(["a", "b"], { ...sizes, rows: ["d"] })).toThrow('Expected a row (a, b), got "d".');
});
