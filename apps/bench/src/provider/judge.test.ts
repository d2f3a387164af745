import { describe, expect, test } from "vitest";
import { countLost, verifyOutputs } from "./judge.ts";

const refused = new Error("The input was refused.");
const none = new Set<number>();

describe("countLost", () => {
  test("counts inputs without an output, except those that the provider refuses", () => {
    expect(countLost(["a", refused, undefined as unknown as string, "d"], 4, none)).toBe(2);
    expect(countLost(["a", refused, refused, "d"], 4, new Set([1]))).toBe(1);
  });

  test("an empty output is an output", () => {
    expect(countLost(["", 0, null], 3, none)).toBe(0);
  });

  test("refuses outcomes of another count, and an output for a refused input", () => {
    expect(() => countLost(["a"], 2, none)).toThrow("Expected 2 outcomes, got 1.");
    expect(() => countLost(["a", "b"], 2, new Set([1]))).toThrow("refused input at position 1, got one");
  });
});

describe("verifyOutputs", () => {
  const expected = [Float32Array.of(0.1, 0.2), Float32Array.of(0.3, 0.4)];

  test("treats float32 and decimals as the same, and ignores failures", () => {
    expect(() => verifyOutputs([[0.1, 0.2], refused], expected)).not.toThrow();
    expect(() => verifyOutputs([refused, expected[1]!], expected)).not.toThrow();
    expect(() => verifyOutputs(["an answer"], ["an answer"])).not.toThrow();
  });

  test.each([
    ["swapped", expected.toReversed(), 0],
    ["short", [expected[0]!, Float32Array.of(0.3)], 1],
    ["not a number", [expected[0]!, [0.3, Number.NaN]], 1],
    ["another kind", [expected[0]!, "a string"], 1],
    ["one too many", [...expected, Float32Array.of(1)], 2],
  ])("refuses outputs that are %s", (_, outputs, position) => {
    expect(() => verifyOutputs(outputs, expected)).toThrow(
      `Expected right outputs, got a wrong one at position ${position}.`,
    );
  });
});
