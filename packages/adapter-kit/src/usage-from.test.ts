import { expect, test } from "vitest";
import { usageFrom } from "./usage-from.ts";

test("counts are kept, 0 among them", () => {
  const usage = { inputTokens: 7, outputTokens: 0, totalTokens: 8, cost: 0.5 };
  expect(usageFrom(usage)).toStrictEqual(usage);
});

test("P9 what was not told, or is not a count, is left out", () => {
  expect(usageFrom({ inputTokens: 7, outputTokens: null, totalTokens: "8" })).toStrictEqual({ inputTokens: 7 });
  expect(usageFrom({ inputTokens: -1, outputTokens: Number.NaN })).toBeUndefined();
  expect(usageFrom({})).toBeUndefined();
});
