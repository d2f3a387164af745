import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { BudgetError } from "../../contract/errors.ts";
import { Stats } from "../results/stats.ts";
import { Budget } from "./budget.ts";

const PRICE = { perMillionInputTokens: 100_000, perMillionOutputTokens: 200_000 };
const stats = (): Stats => new Stats({}, new FakeClock());

it("a call that comes to the cap exactly fits, one token more does not", () => {
  const budget = new Budget(100, Infinity, stats());
  expect(budget.refuse(100, undefined)).toBeUndefined();
  expect(budget.refuse(101, undefined)).toBeInstanceOf(BudgetError);
});

it("tokens that calls in flight are expected to use count, until they have ended", () => {
  const budget = new Budget(100, Infinity, stats());
  budget.begin(60, undefined);
  expect(budget.refuse(40, undefined)).toBeUndefined();
  expect(budget.refuse(41, undefined)).toBeDefined();
  budget.end(60, undefined);
  expect(budget.refuse(100, undefined)).toBeUndefined();
});

it("tokens that calls have used count, whatever was expected of them", () => {
  const spent = stats();
  const budget = new Budget(100, Infinity, spent);
  budget.begin(60, undefined);
  spent.used({ inputTokens: 20, outputTokens: 10 }, undefined);
  budget.end(60, undefined);
  expect(budget.refuse(70, undefined)).toBeUndefined();
  expect(budget.refuse(71, undefined)).toBeDefined();
});

it.for([
  ["fits below the cap", 99, true],
  ["is refused as soon as the cap is reached", 100, false],
  ["is refused beyond the cap", 101, false],
] as const)("a call that is not weighed %s", ([, used, fits]) => {
  const spent = stats();
  spent.used({ totalTokens: used, cost: used }, undefined);
  expect(new Budget(100, Infinity, spent).refuse(0, undefined) === undefined).toBe(fits);
  expect(new Budget(Infinity, 100, spent).refuse(0, undefined) === undefined).toBe(fits);
});

it.for([
  ["maxTokens", 0, Infinity],
  ["maxCost", Infinity, 0],
] as const)("a cap of 0 on %s lets no call through, weighed or not", ([, maxTokens, maxCost]) => {
  const budget = new Budget(maxTokens, maxCost, stats());
  expect(budget.refuse(0, PRICE)).toBeDefined();
  expect(budget.refuse(1, PRICE)).toBeDefined();
});

it("P56 a cap on cost counts what was spent, what is in flight and the call itself", () => {
  const spent = stats();
  const budget = new Budget(Infinity, 1, spent);
  spent.used({ inputTokens: 1, outputTokens: 1 }, PRICE);
  budget.begin(4, PRICE);
  expect(budget.refuse(3, PRICE)).toBeUndefined();
  expect(budget.refuse(4, PRICE)).toBeDefined();
  budget.begin(2, PRICE);
  budget.end(4, PRICE);
  expect(budget.refuse(5, PRICE)).toBeUndefined();
  expect(budget.refuse(6, PRICE)).toBeDefined();
  budget.end(2, PRICE);
  expect(budget.refuse(7, PRICE)).toBeUndefined();
  expect(budget.refuse(8, PRICE)).toBeDefined();
});

it("without a price a call costs nothing", () => {
  expect(new Budget(Infinity, 1, stats()).refuse(1_000_000_000, undefined)).toBeUndefined();
});

it("once nothing is in flight no rounding is left of it", () => {
  const budget = new Budget(Infinity, 0.1, stats());
  const fits = (): boolean => budget.refuse(1, PRICE) === undefined;
  expect(fits()).toBe(true);
  // 0.2 + 0.6 - 0.2 - 0.6 is above 0 in floating point.
  for (const tokens of [2, 6]) budget.begin(tokens, PRICE);
  for (const tokens of [2, 6]) budget.end(tokens, PRICE);
  expect(fits()).toBe(true);
});

it("the error names the cap that the call passes, tokens before cost, and what to do", () => {
  const messageOf = (maxTokens: number, maxCost: number): unknown =>
    new Budget(maxTokens, maxCost, stats()).refuse(20, PRICE)?.message;
  const rest = "got a call that passes it. Raise it to go on.";
  expect(messageOf(10, Infinity)).toBe(`Expected the batch to stay within \`maxTokens\` (10), ${rest}`);
  expect(messageOf(Infinity, 1.5)).toBe(`Expected the batch to stay within \`maxCost\` (1.5), ${rest}`);
  expect(messageOf(10, 1.5)).toContain("`maxTokens` (10)");
});
