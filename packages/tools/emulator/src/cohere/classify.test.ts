import { describe, expect, test } from "vitest";

import { post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const examples = ["spam", "ham"].flatMap((label) => [
  { text: `${label} 1`, label },
  { text: `${label} 2`, label },
]);

describe("classify", () => {
  test("a label for each input, in order", async () => {
    await using emulator = await startEmulator();
    const inputs = ["this is SPAM", "what?", "ham and eggs"];
    const { body } = await post(`${emulator.url}/v1/classify`, { inputs, examples });
    expect(body.classifications.map((each: { input: string }) => each.input)).toEqual(inputs);
    const [spam, , ham] = body.classifications;
    expect([spam.prediction, ham.prediction]).toEqual(["spam", "ham"]);
    expect(spam.labels.spam.confidence + spam.labels.ham.confidence).toBeCloseTo(1, 10);
    expect(spam).toMatchObject({ classification_type: "single-label", predictions: ["spam"] });
    expect(body.meta.billed_units).toEqual({ classifications: 3 });
  });

  test("a model that was trained needs no examples", async () => {
    await using emulator = await startEmulator();
    const { body } = await post(`${emulator.url}/v1/classify`, { inputs: ["positive"], model: "mine-ft" });
    expect(body.classifications[0].prediction).toBe("positive");
  });

  test.each([
    { inputs: undefined },
    { inputs: [] },
    { inputs: ["a", ""] },
    { inputs: Array.from({ length: 97 }, () => "a") },
    { examples: undefined },
    { examples: "x" },
    { examples: [{}] },
    { examples: examples.slice(0, 2) },
    { examples: examples.slice(0, 3) },
    { examples: Array.from({ length: 2501 }, () => examples[0]) },
  ])("a 400: %#", async (changes) => {
    await using emulator = await startEmulator();
    const request = { inputs: ["a"], examples, ...changes };
    expect((await post(`${emulator.url}/v1/classify`, request)).status).toBe(400);
  });
});
