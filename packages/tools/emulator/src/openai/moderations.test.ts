import { expect, test } from "vitest";

import { post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

test("a result for each text, flagged with the categories whose names it contains", async () => {
  await using emulator = await startEmulator();
  const { body } = await post(`${emulator.url}/v1/moderations`, { input: ["a walk", "Violence and hate", "a walk"] });
  expect(body.model).toBe("omni-moderation-latest");
  expect(body.results.map((result: { flagged: boolean }) => result.flagged)).toEqual([false, true, false]);
  expect(body.results[0]).toEqual(body.results[2]);
  const { categories, category_scores: scores, category_applied_input_types: types } = body.results[1];
  expect(Object.entries(categories).flatMap(([name, flagged]) => (flagged === true ? [name] : []))).toEqual([
    "hate",
    "violence",
  ]);
  expect(Object.keys(categories)).toHaveLength(13);
  expect(scores.violence).toBeGreaterThan(0.5);
  expect(types["self-harm"]).toEqual(["text"]);
});

test("a text alone is one input, parts together are one input", async () => {
  await using emulator = await startEmulator();
  const parts = [
    { type: "text", text: "violence" },
    { type: "image_url", image_url: { url: "https://example.com/" } },
  ];
  expect((await post(`${emulator.url}/v1/moderations`, { input: "a" })).body.results).toHaveLength(1);
  const { body } = await post(`${emulator.url}/v1/moderations`, { input: parts, model: "omni-moderation-latest" });
  expect(body.results).toHaveLength(1);
  expect(body.results[0]).toMatchObject({
    flagged: true,
    category_applied_input_types: { violence: ["text", "image"] },
  });
});

test("tokens count against the limit", async () => {
  await using emulator = await startEmulator({ limits: { tokensPerMinute: 3 }, tokens: "fast" });
  expect((await post(`${emulator.url}/v1/moderations`, { input: ["a", "b"] })).status).toBe(200);
  expect((await post(`${emulator.url}/v1/moderations`, { input: ["a", "b"] })).status).toBe(429);
});

test.each([
  [{}, "input", "missing_required_parameter"],
  [{ input: [] }, "input", "invalid_type"],
  [{ input: [1] }, "input", "invalid_type"],
  [{ input: [{ type: "image_url" }, { type: "image_url" }] }, "input", "too_many_images"],
])("a 400: %j", async (request, param, code) => {
  await using emulator = await startEmulator();
  const { status, body } = await post(`${emulator.url}/v1/moderations`, request);
  expect({ status, param: body.error.param, code: body.error.code }).toEqual({ status: 400, param, code });
});
