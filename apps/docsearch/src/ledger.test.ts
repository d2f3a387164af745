import { type CallOptions, runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { Ledger } from "./ledger.ts";

const STOPS = { drain: new AbortController().signal, signal: new AbortController().signal };

const charged = runnable<string, string>(
  async (text, { report }: CallOptions) => {
    report?.({ usage: { inputTokens: 10 } });
    return text;
  },
  { weigh: () => ({ tokens: 10 }), price: { perMillionInputTokens: 100_000 } },
);

test("adds up what its batches take, and holds them to one cap together", async () => {
  const ledger = new Ledger({ ...STOPS, maxCost: 3 });
  await charged.batch(["a", "b"], ledger.batchOptions({ isPaid: true }));
  expect(ledger).toMatchObject({ requests: 2, retries: 0, tokens: 20, cost: 2, left: 1 });
  const slots = await charged.batch(["c", "d"], { ...ledger.batchOptions({ isPaid: true }), returnExceptions: true });
  expect(slots).toEqual(["c", expect.objectContaining({ code: "budget_exceeded" })]);
  expect(ledger).toMatchObject({ requests: 3, cost: 3, left: 0 });
});

test("without a cap nothing is held back", () => {
  const ledger = new Ledger(STOPS);
  expect(ledger.left).toBe(Infinity);
  expect(ledger.batchOptions({ isPaid: true })).not.toHaveProperty("maxCost");
});

test("what is not paid for is neither counted nor held back", async () => {
  const ledger = new Ledger({ ...STOPS, maxCost: 0 });
  expect(await charged.batch(["a", "b"], ledger.batchOptions({ isPaid: false }))).toEqual(["a", "b"]);
  expect(ledger).toMatchObject({ requests: 0, cost: 0 });
});
