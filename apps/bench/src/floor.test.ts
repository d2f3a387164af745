import { describe, expect, test } from "vitest";
import { loopByHand } from "./floor.ts";

describe("loopByHand", () => {
  test("returns outcomes with index and input, a failure among them", async () => {
    const outcomes = await loopByHand(
      [5, 6, 7],
      async (input) => {
        if (input === 6) throw new RangeError("six");
        return input + 1;
      },
      2,
    );
    expect(outcomes).toEqual([
      { index: 0, input: 5, status: "fulfilled", value: 6 },
      { index: 1, input: 6, status: "rejected", reason: new RangeError("six") },
      { index: 2, input: 7, status: "fulfilled", value: 8 },
    ]);
  });

  test("P8 a thrown non-Error is kept as the cause", async () => {
    const thrown = { status: 429 };
    const [outcome] = await loopByHand([1], () => Promise.reject(thrown), 1);
    expect(outcome).toMatchObject({ status: "rejected", reason: { cause: thrown } });
  });
});
