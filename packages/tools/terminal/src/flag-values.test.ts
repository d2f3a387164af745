import { InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { amount, wholeNumber } from "./flag-values.ts";

test("whole numbers from a least one, and nothing else", () => {
  expect([wholeNumber(0)("0"), wholeNumber(1)(" 12 ")]).toEqual([0, 12]);
  for (const text of ["0", "1.5", "1e20", "", " ", "a", "-1", "Infinity"]) {
    expect(() => wholeNumber(1)(text)).toThrow(InvalidArgumentError);
  }
  expect(() => wholeNumber(1)("0")).toThrow("Give a whole number from 1.");
});

test("amounts from 0, and nothing else", () => {
  expect(["0", "0.50", "1e3"].map(amount)).toEqual([0, 0.5, 1000]);
  for (const text of ["", " ", "-1", "Infinity", "$5"]) expect(() => amount(text)).toThrow(InvalidArgumentError);
});
