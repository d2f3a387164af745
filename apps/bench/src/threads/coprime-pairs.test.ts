import { threadPool } from "@batchwise/worker-threads";
import { expect, test } from "vitest";
import coprimePairs from "./coprime-pairs.ts";

test("counts the pairs below a limit: 1-2, 1-3, 2-3, 1-4, 3-4 below 5", () => {
  expect(coprimePairs(5)).toBe(5);
});

test("a pool of threads returns what the main thread returns", async () => {
  await using pool = threadPool<number, number>(new URL("coprime-pairs.ts", import.meta.url), {
    threads: 2,
  });
  const inputs = Array.from({ length: 40 }, (_, index) => index);
  expect(await pool.batch(inputs)).toEqual(inputs.map((input) => coprimePairs(input)));
});
