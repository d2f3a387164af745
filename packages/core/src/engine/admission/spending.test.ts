import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { InputError, ProviderError, TimeoutError } from "../../contract/errors.ts";
import type { Usage } from "../../contract/report.ts";
import type { Weight } from "../../contract/runnable.ts";
import { Chunk } from "../intake/chunk.ts";
import { Stats } from "../results/stats.ts";
import { Budget } from "./budget.ts";
import { Spending } from "./spending.ts";

const PRICE = { perMillionInputTokens: 100_000, perMillionOutputTokens: 200_000 };
const never = new AbortController().signal;

interface Open {
  readonly budget: Budget;
  readonly spending: Spending;
  /** Ends a chunk's call with this usage, or this error. */
  readonly end: (chunk: Chunk<unknown>, usage?: Usage, error?: Error) => void;
}

function open(maxTokens: number, maxCost: number = Infinity, price: object = PRICE): Open {
  const stats = new Stats({}, new FakeClock());
  const budget = new Budget(maxTokens, maxCost, stats);
  const spending = new Spending(budget, price);
  const end: Open["end"] = (chunk, usage, error) => {
    if (usage !== undefined) stats.used(usage, price);
    spending.end(chunk, { usage, error });
  };
  return { budget, spending, end };
}

function chunkOf(...weights: readonly (Weight | undefined)[]): Chunk<number> {
  const chunk = new Chunk<number>();
  for (const [index, weight] of weights.entries()) chunk.add(index, index, weight);
  return chunk;
}

const chat = (tokens: number, outputTokens?: number): Chunk<number> => chunkOf({ tokens, outputTokens });

it("P56 a call reserves its input and the largest answer that it states", () => {
  const { budget, spending } = open(100);
  expect(spending.reserve(chat(10, 50))).toBe(true);
  expect(budget.left.tokens).toBe(40);
  expect([chat(10, 31), chat(10, 30)].map((each) => spending.reserve(each))).toEqual([false, true]);
});

it("at the price of each: input that may be written to a cache at that of a write, where it is dearer", () => {
  const { budget, spending } = open(Infinity, 100);
  spending.reserve(chat(10, 5));
  expect(budget.left.cost).toBeCloseTo(98);
  const dear = open(Infinity, 100, { ...PRICE, perMillionCacheWriteTokens: 125_000 });
  dear.spending.reserve(chat(10, 5));
  expect(dear.budget.left.cost).toBeCloseTo(97.75);
});

it("a chunk that has its reserve keeps it, and takes it once", () => {
  const { budget, spending } = open(100);
  const chunk = chat(10, 50);
  expect([spending.reserve(chunk), spending.reserve(chunk), budget.left.tokens]).toEqual([true, true, 40]);
  spending.end(chunk);
  spending.end(chunk);
  expect([budget.left.tokens, budget.isBusy]).toEqual([100, false]);
});

it("P56 while the largest answer is unknown one call goes alone, then two, then four; each reserves twice the largest", () => {
  const { budget, spending, end } = open(10_000);
  const goes = (): Chunk<number>[] =>
    Array.from({ length: 9 }, () => chat(10)).filter((each) => spending.reserve(each));
  const first = goes();
  expect([first.length, budget.left.tokens]).toEqual([1, 9990]);
  for (const each of first) end(each, { inputTokens: 10, outputTokens: 90 });
  const second = goes();
  expect([second.length, budget.left.tokens]).toEqual([2, 9900 - 2 * 190]);
  for (const each of second) end(each, { inputTokens: 10, outputTokens: 40 });
  expect([goes().length, budget.left.tokens]).toEqual([4, 9800 - 4 * 190]);
});

it("where answers have no tokens, all go at once after the first", () => {
  const { spending, end } = open(10_000);
  const first = chat(10);
  spending.reserve(first);
  end(first, { inputTokens: 4 });
  expect(Array.from({ length: 9 }, () => spending.reserve(chat(10)))).not.toContain(false);
});

it("of what is not weighed, all that a call took counts as its answer, and so does its own cost", () => {
  const { budget, spending, end } = open(1000, 10, {});
  const first = chunkOf(undefined, undefined);
  spending.reserve(first);
  end(first, { totalTokens: 100, cost: 1 });
  spending.reserve(chunkOf(undefined));
  expect(budget.left).toEqual({ tokens: 800, cost: 8 });
});

it.for([
  ["an answer without usage", undefined, undefined, 40],
  ["usage of 0", { inputTokens: 0 }, undefined, 40],
  ["a time-out", undefined, new TimeoutError("Late."), 40],
  ["a connection that broke", undefined, Object.assign(new Error("reset"), { code: "ECONNRESET" }), 40],
  ["a gateway that waited no longer", undefined, new ProviderError("504", { status: 504, retryable: true }), 40],
  ["a connection that was refused", undefined, Object.assign(new Error("no"), { code: "ECONNREFUSED" }), 100],
  ["a server's failure", undefined, new ProviderError("500", { status: 500, retryable: true }), 100],
  [
    "a refusal by a limit",
    undefined,
    new ProviderError("429", { status: 429, code: "rate_limited", retryable: true }),
    100,
  ],
  ["an input that was not sent", undefined, new InputError("No text."), 100],
  ["a failure that says its usage", { inputTokens: 30 }, new TimeoutError("Late."), 70],
] as const)("P56 what a call may have cost that did not say stays spent: %s", ([, usage, error, left]) => {
  const { budget, spending, end } = open(100);
  const chunk = chat(10, 50);
  spending.reserve(chunk);
  end(chunk, usage, error);
  expect(budget.left.tokens).toBe(left);
});

it("waits for the end of a call that may leave room", async () => {
  const { spending, end } = open(100);
  const [first, second] = [chat(10, 80), chat(10, 60)];
  spending.reserve(first);
  const waiting = spending.wait(second, never, (chunk) => chunk);
  end(first, { inputTokens: 10, outputTokens: 20 });
  expect(await waiting).toBe(second);
});

it("sends fewer inputs where all do not fit and nothing is in flight, and none where one does not", async () => {
  const { spending } = open(35);
  const weights = Array.from({ length: 9 }, () => ({ tokens: 10, outputTokens: 0 }));
  const sent = await spending.wait(chunkOf(...weights), never, (chunk, count) => chunk.cut(count)[0]);
  expect(sent?.size).toBe(3);
  spending.end(sent as Chunk<number>);
  const large = chunkOf({ tokens: 36, outputTokens: 0 });
  expect(await spending.wait(large, never, (chunk) => chunk)).toBeUndefined();
  expect(spending.refusal(large).message).toContain("may take 36 where 35 is left");
});

it("waits no longer than its batch", async () => {
  const { budget, spending } = open(10);
  budget.begin({ tokens: 10, cost: 0 });
  const end = new AbortController();
  const waiting = spending.wait(chat(5, 5), end.signal, (chunk) => chunk);
  end.abort();
  expect(await waiting).toBeUndefined();
});
