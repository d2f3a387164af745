import { expect, it } from "vitest";
import { chunkOf } from "../../../test/engine-parts.ts";
import type { RateLimiter } from "../../contract/rate-limiter.ts";
import type { CallStrategy } from "../resolve/call-strategy.ts";
import { chunkLimits, lastSize, probeSize } from "./chunk-size.ts";

type Strategy = CallStrategy<never, unknown>;

const ONE: Strategy = { kind: "one", call: async () => 0 };
const MANY: Strategy = { kind: "many", call: async () => [], isOverride: false };
const OVERRIDE: Strategy = { kind: "many", call: async () => [], isOverride: true };
const NO_LIMITS = { maxInputs: Infinity, maxTokens: Infinity, maxBytes: Infinity };

it("a call for one input takes one, whatever is asked for", () => {
  const limits = chunkLimits(ONE, { maxInputs: 10, maxTokens: 5 }, { maxInputs: 20 }, false);
  expect(limits).toEqual({ ...NO_LIMITS, maxInputs: 1 });
});

it("L10 an override gets the whole of a finite array, and of a lazy source what any bulk call would", () => {
  expect(chunkLimits(OVERRIDE, { maxInputs: 10 }, undefined, true)).toEqual(NO_LIMITS);
  expect(chunkLimits(OVERRIDE, { maxInputs: 10 }, undefined, false)).toEqual({ ...NO_LIMITS, maxInputs: 10 });
  expect(chunkLimits(MANY, { maxInputs: 10 }, undefined, true)).toEqual({ ...NO_LIMITS, maxInputs: 10 });
});

it("of the backend's limits and the caller's the lower one holds, for each by itself", () => {
  const backend = { maxInputs: 10, maxTokens: 200, maxBytes: 3000 };
  const asked = { maxInputs: 20, maxTokens: 100, maxBytes: 3000 };
  expect(chunkLimits(MANY, backend, asked, true)).toEqual({ maxInputs: 10, maxTokens: 100, maxBytes: 3000 });
  expect(chunkLimits(MANY, asked, backend, true)).toEqual({ maxInputs: 10, maxTokens: 100, maxBytes: 3000 });
});

it.for([
  ["nothing is stated", undefined, undefined, 100],
  ["nothing is in what is stated", {}, { maxTokens: undefined }, 100],
  ["the backend limits tokens", { maxTokens: 5 }, undefined, Infinity],
  ["the caller limits bytes", undefined, { maxBytes: 5 }, Infinity],
  ["the backend states that it takes any number", { maxInputs: Infinity }, undefined, Infinity],
  ["the caller asks for any number", undefined, { maxInputs: Infinity }, Infinity],
] as const)("inputs of a chunk where %s", ([, backend, asked, maxInputs]) => {
  expect(chunkLimits(MANY, backend, asked, true).maxInputs).toBe(maxInputs);
});

it("the chunk that finds out the limits is of few tokens, but never empty", () => {
  const inputs = [1, 2, 3, 4];
  expect(probeSize(chunkOf(inputs, 0, 5000))).toBe(2);
  expect(probeSize(chunkOf(inputs, 0, 5001))).toBe(1);
  // 73 of them are of 10,001 tokens.
  expect(probeSize(chunkOf(Array.from({ length: 90 }).fill("text"), 0, 137))).toBe(72);
  expect(probeSize(chunkOf(inputs, 0, 20_000))).toBe(1);
  expect(probeSize(chunkOf(inputs))).toBe(4);
});

const SIZE = 100;
const demand = { requests: 1, inputs: 100, tokens: 1000 };
/** Limiter at which each token costs so much time. */
const limiterOf = (msPerToken: number): RateLimiter => ({
  reserve: () => Promise.reject(new Error("Nothing is reserved here.")),
  waitMs: ({ tokens }) => tokens * msPerToken,
});

it.for([
  [100, 100],
  [99, 99],
  [40, 40],
  [16.2, 17],
  [16, 16],
  [15, 16],
  [0, 16],
  [-5, 16],
  [Infinity, 100],
] as const)(
  "near the end, where %d inputs may go out, %d of 100 do, and never less than are worth a request",
  ([most, size]) => {
    expect(lastSize(SIZE, demand, limiterOf(10), most)).toBe(size);
  },
);

it("a chunk that would be small anyway is not cut", () => {
  expect(lastSize(16, { ...demand, inputs: 16 }, limiterOf(10), 1)).toBe(16);
});

it("a chunk is cut where its tokens would wait at least 25 ms longer, by what the part weighs", () => {
  // The part of 50 inputs is of 500 tokens: 500 wait less.
  expect(lastSize(SIZE, demand, limiterOf(25 / 500), 50)).toBe(50);
  expect(lastSize(SIZE, demand, limiterOf(24.9 / 500), 50)).toBe(100);
  expect(lastSize(SIZE, demand, limiterOf(0), 50)).toBe(100);
});

it("without a limiter that says how long a chunk would wait, none is cut", () => {
  expect(lastSize(SIZE, demand, { reserve: () => limiterOf(10).reserve(demand) }, 20)).toBe(100);
  expect(lastSize(SIZE, demand, undefined, 20)).toBe(100);
});
