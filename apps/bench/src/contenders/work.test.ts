import { expect, test } from "vitest";
import { failing, verify, work } from "./work.ts";

test("verify accepts the work's outputs, failures in their places", async () => {
  const inputs = Array.from({ length: 200 }, (_, index) => index);
  const right = await Promise.all(inputs.map((input) => work(input)));
  const some = await Promise.all(inputs.map((input) => failing(input).catch((error: Error) => error)));
  expect(() => verify("right", right, 200, false)).not.toThrow();
  expect(() => verify("some", some, 200, true)).not.toThrow();
  expect(() => verify("right", right, 200, true)).toThrow(
    "Expected right outputs of right, got a wrong one at position 99",
  );
  expect(() => verify("some", some, 200, false)).toThrow(
    "Expected right outputs of some, got a wrong one at position 99",
  );
});

test("verify refuses outputs that are missing, shifted or swapped", () => {
  expect(() => verify("short", [0, 2], 3, false)).toThrow("Expected 3 outputs of short, got 2");
  expect(() => verify("shifted", [2, 4, 6], 3, false)).toThrow(
    "Expected right outputs of shifted, got a wrong one at position 0",
  );
  expect(() => verify("swapped", [0, 4, 2], 3, false)).toThrow(
    "Expected right outputs of swapped, got a wrong one at position 1",
  );
});
