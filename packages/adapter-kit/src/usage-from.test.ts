import { expect, test } from "vitest";
import { usageFrom } from "./usage-from.ts";

test("counts are kept, 0 among them", () => {
  const usage = { inputTokens: 7, outputTokens: 0, totalTokens: 8, cost: 0.5 };
  expect(usageFrom(usage)).toStrictEqual(usage);
});

// lmstudio-ai/lmstudio-bug-tracker#1546, ggml-org/llama.cpp#5987
test("P51 an answer to a text that used nothing was not counted: its usage is unknown", () => {
  expect(usageFrom({ inputTokens: 0, totalTokens: 0 })).toBeUndefined();
  expect(usageFrom({ inputTokens: 0, outputTokens: 0, totalTokens: 0 })).toBeUndefined();
  expect(usageFrom({ inputTokens: 7, totalTokens: 0 })).toStrictEqual({ inputTokens: 7 });
  expect(usageFrom({ inputTokens: 0, outputTokens: 9 })).toStrictEqual({ outputTokens: 9 });
  expect(usageFrom({ inputTokens: 0, cost: 0 })).toStrictEqual({ cost: 0 });
});

test("P9 what was not told, or is not a count, is left out", () => {
  expect(usageFrom({ inputTokens: 7, outputTokens: null, totalTokens: "8" })).toStrictEqual({ inputTokens: 7 });
  expect(usageFrom({ inputTokens: -1, outputTokens: Number.NaN })).toBeUndefined();
  expect(usageFrom({})).toBeUndefined();
});
