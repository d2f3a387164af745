import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { BudgetError } from "../../contract/errors.ts";
import { Stats } from "../results/stats.ts";
import { Budget } from "./budget.ts";

const stats = (): Stats => new Stats({}, new FakeClock());
const tokens = (amount: number): { tokens: number; cost: number } => ({ tokens: amount, cost: 0 });
const cost = (amount: number): { tokens: number; cost: number } => ({ tokens: 0, cost: amount });

it("a call that comes to the cap exactly fits, one token more does not", () => {
  const budget = new Budget(100, Infinity, stats());
  expect([100, 101].map((each) => budget.fits(tokens(each)))).toEqual([true, false]);
});

it("what calls in flight may use counts, until they have ended", () => {
  const budget = new Budget(100, Infinity, stats());
  budget.begin(tokens(60));
  expect([40, 41].map((each) => budget.fits(tokens(each)))).toEqual([true, false]);
  expect([budget.isBusy, budget.left.tokens]).toEqual([true, 40]);
  budget.end(tokens(60), false);
  expect([budget.isBusy, budget.fits(tokens(100))]).toEqual([false, true]);
});

it("what calls have used counts, whatever was expected of them", () => {
  const spent = stats();
  const budget = new Budget(100, Infinity, spent);
  budget.begin(tokens(60));
  spent.used({ inputTokens: 20, outputTokens: 10 }, undefined);
  budget.end(tokens(60), false);
  expect([70, 71].map((each) => budget.fits(tokens(each)))).toEqual([true, false]);
});

it("P9 a weight that is no number fits no cap, and does not lift it", () => {
  expect(new Budget(100, Infinity, stats()).fits(tokens(Number.NaN))).toBe(false);
  expect(new Budget(Infinity, 1, stats()).fits(cost(Number.NaN))).toBe(false);
});

it("P56 what a call may have used and has not said is kept as spent", () => {
  const budget = new Budget(100, Infinity, stats());
  budget.begin(tokens(60));
  budget.end(tokens(60), true);
  expect([40, 41].map((each) => budget.fits(tokens(each)))).toEqual([true, false]);
});

it.for([
  ["fits below the cap", 99, true],
  ["does not as soon as the cap is reached", 100, false],
  ["does not beyond the cap", 101, false],
] as const)("a call of which nothing is known %s", ([, used, fits]) => {
  const spent = stats();
  spent.used({ totalTokens: used, cost: used }, undefined);
  expect(new Budget(100, Infinity, spent).fits(tokens(0))).toBe(fits);
  expect(new Budget(Infinity, 100, spent).fits(tokens(0))).toBe(fits);
});

it("P56 a cap on cost counts what was spent, what is in flight and the call itself", () => {
  const spent = stats();
  const budget = new Budget(Infinity, 1, spent);
  spent.used({ cost: 0.25 }, undefined);
  budget.begin(cost(0.5));
  expect([0.25, 0.26].map((each) => budget.fits(cost(each)))).toEqual([true, false]);
});

it("once nothing is in flight no rounding is left of it", () => {
  const budget = new Budget(Infinity, 0.1, stats());
  // 0.2 + 0.6 - 0.2 - 0.6 is above 0 in floating point.
  for (const each of [0.2, 0.6]) budget.begin(cost(each));
  for (const each of [0.2, 0.6]) budget.end(cost(each), false);
  expect(budget.fits(cost(0.1))).toBe(true);
});

it("whatever waits hears of the next end of a call, and of the end of the batch", async () => {
  const budget = new Budget(1, 1, stats());
  const end = new AbortController();
  const heard: string[] = [];
  for (const name of ["one", "other"]) void budget.nextEnd(end.signal).then(() => heard.push(name));
  await Promise.resolve();
  expect(heard).toEqual([]);
  budget.begin(tokens(1));
  budget.end(tokens(1), false);
  await Promise.resolve();
  expect(heard).toEqual(["one", "other"]);
  const last = budget.nextEnd(end.signal);
  end.abort();
  await expect(last).resolves.toBeUndefined();
});

it("the error names the cap that the call passes, tokens before cost, what is left, and what to do", () => {
  const both = { tokens: 20, cost: 2.123_456 };
  const messageOf = (maxTokens: number, maxCost: number): string => {
    const error = new Budget(maxTokens, maxCost, stats()).refusal(both);
    expect(error).toBeInstanceOf(BudgetError);
    return error.message;
  };
  expect(messageOf(10, Infinity)).toBe(
    "Expected the batch to stay within `maxTokens` (10), got a call that may take 20 where 10 is left. Raise it to go on.",
  );
  expect(messageOf(Infinity, 1.5)).toBe(
    "Expected the batch to stay within `maxCost` (1.5), got a call that may take 2.12 where 1.5 is left. Raise it to go on.",
  );
  expect(messageOf(10, 1.5)).toContain("`maxTokens` (10)");
});
