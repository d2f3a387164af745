import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

test("names that look alike, the nearest first", () => {
  const names = ["@batchwise/openai#embeddings", "@batchwise/openai#chat", "acme#embeddings"];
  expect(nearest("openai#embedings", names)).toEqual(["@batchwise/openai#embeddings"]);
  expect(nearest("@batchwise/openai#caht", names)[0]).toBe("@batchwise/openai#chat");
  expect(nearest("zzz", names)).toEqual([]);
});
