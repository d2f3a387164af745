import { expect, test } from "vitest";
import { usageFrom } from "./usage-from.ts";

test("counts are kept, 0 among them", () => {
  const usage = { inputTokens: 7, outputTokens: 0, totalTokens: 7, cost: 0.5 };
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

// router-for-me/CLIProxyAPI#5733, mozilla-ai/any-llm#1290 (Google); Clarifai/clarifai-python#978
test("P56 thoughts that the sum alone has are output; input that was cached is not", () => {
  const thought = { inputTokens: 20, outputTokens: 198, totalTokens: 623 };
  expect(usageFrom(thought)).toStrictEqual({ ...thought, outputTokens: 603 });
  expect(usageFrom({ ...thought, cachedInputTokens: 405 })).toMatchObject({ outputTokens: 198 });
  expect(usageFrom({ ...thought, cachedInputTokens: 10 })).toMatchObject({ outputTokens: 603 });
  // What is not counted is not known, and vectors are not output.
  expect(usageFrom({ ...thought, inputTokens: 0 })).toStrictEqual({ outputTokens: 198, totalTokens: 623 });
  expect(usageFrom({ inputTokens: 20, totalTokens: 623 })).toStrictEqual({ inputTokens: 20, totalTokens: 623 });
});

test("P9 what was not told, or is not a count, is left out", () => {
  expect(usageFrom({ inputTokens: 7, outputTokens: null, totalTokens: "8" })).toStrictEqual({ inputTokens: 7 });
  expect(usageFrom({ inputTokens: -1, outputTokens: Number.NaN })).toBeUndefined();
  expect(usageFrom({})).toBeUndefined();
});
