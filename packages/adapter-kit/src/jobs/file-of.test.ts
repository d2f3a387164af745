import type { JobLine } from "@batchwise/core";
import { expect, test } from "vitest";
import { fileOf } from "./file-of.ts";

test("a file holds its lines as they are, also where a piece ends within a line or beside a character of several bytes", async () => {
  // Lines of odd lengths, so that a piece of 256 KB ends at any byte of a character.
  const texts = [1, 99_999, 300_001, 7, 524_288, 100_003].map(
    (length, at) => `${"a".repeat(at)}${"😀é-".repeat(length / 4)}`,
  );
  const lines = texts.map((text, at): JobLine => ({ id: String(at), text }));
  const file = fileOf(lines, "run 1/shard 2");
  expect([file.name, file.type]).toEqual(["run_1_shard_2.jsonl", "application/jsonl"]);
  expect((await file.text()) === texts.map((text) => `${text}\n`).join("")).toBe(true);
});

test("no lines are an empty file", async () => {
  expect(fileOf([], "t").size).toBe(0);
});
