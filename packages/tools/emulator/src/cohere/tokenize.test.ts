import { expect, test } from "vitest";

import { post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

test("tokens, and the text of each", async () => {
  await using emulator = await startEmulator();
  const { body } = await post(`${emulator.url}/v1/tokenize`, { text: "tokenize me! :D", model: "command-a-03-2025" });
  expect(body.token_strings).toEqual(["token", "ize", " me", "!", " :", "D"]);
  expect(body.tokens).toHaveLength(6);
  expect(body.meta).toEqual({ api_version: { version: "1" }, billed_units: {} });
});

test.each([{ text: "" }, { text: 5 }, { text: "x".repeat(65_537) }, { model: undefined }])(
  "a 400: %#",
  async (changes) => {
    await using emulator = await startEmulator();
    expect((await post(`${emulator.url}/v1/tokenize`, { text: "a", model: "m", ...changes })).status).toBe(400);
  },
);
