import { type CallOptions, runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { Budget } from "./budget.ts";

const STOPS = { drain: new AbortController().signal, signal: new AbortController().signal };

const charged = runnable<string, string>(
  async (text, { report }: CallOptions) => {
    report?.({ usage: { inputTokens: 10 } });
    return text;
  },
  { weigh: () => ({ tokens: 10 }), price: { perMillionInputTokens: 100_000 } },
);

test("adds up the usage of its batches, and caps their cost together", async () => {
  const budget = new Budget({ ...STOPS, maxCost: 3 });
  await charged.batch(["a", "b"], budget.batchOptions({ isPaid: true }));
  expect(budget).toMatchObject({ requests: 2, retries: 0, tokens: 20, cost: 2, left: 1 });
  const slots = await charged.batch(["c", "d"], { ...budget.batchOptions({ isPaid: true }), returnExceptions: true });
  expect(slots).toEqual(["c", expect.objectContaining({ code: "budget_exceeded" })]);
  expect(budget).toMatchObject({ requests: 3, cost: 3, left: 0 });
});

test("without a cap nothing is held back", () => {
  const budget = new Budget(STOPS);
  expect(budget.left).toBe(Infinity);
  expect(budget.batchOptions({ isPaid: true })).not.toHaveProperty("maxCost");
});

test("an unpaid batch is neither counted nor capped", async () => {
  const budget = new Budget({ ...STOPS, maxCost: 0 });
  expect(await charged.batch(["a", "b"], budget.batchOptions({ isPaid: false }))).toEqual(["a", "b"]);
  expect(budget).toMatchObject({ requests: 0, cost: 0 });
});
