import { expect, it } from "vitest";
import type { Weight } from "../../contract/runnable.ts";
import { Chunk } from "./chunk.ts";

/** Chunk of as many inputs as weights: a, b, c and so on, with indexes from 10. */
function chunkOf(...weights: (Weight | undefined)[]): Chunk<string> {
  const chunk = new Chunk<string>();
  for (const [position, weight] of weights.entries()) chunk.add(10 + position, "abcdefgh".charAt(position), weight);
  return chunk;
}

const weighed = (...tokens: number[]): Chunk<string> => chunkOf(...tokens.map((each) => ({ tokens: each })));

it("adds up inputs and weights; what is not weighed weighs nothing", () => {
  const chunk = chunkOf({ tokens: 3, bytes: 10 }, undefined, { tokens: 4 }, { bytes: 5 }, {});
  expect(chunk).toMatchObject({ size: 5, tokens: 7, bytes: 15, attempts: 0, retries: 0 });
  expect(chunk.inputs).toEqual(["a", "b", "c", "d", "e"]);
  expect(chunk.indexes).toEqual([10, 11, 12, 13, 14]);
});

it.for([
  [0, [0, 0, 1], 2],
  [0, [1, 1], 0],
  [5, [2, 3, 1], 2],
  [4, [2, 3, 1], 1],
  [6, [2, 3, 1], 3],
  [1, [2], 0],
  [1, [], 0],
] as const)("within %i tokens, of inputs of %j, are the first %i", ([tokens, weights, count]) => {
  expect(weighed(...weights).countWithin(tokens)).toBe(count);
});

it("an input that is not weighed is within any number of tokens", () => {
  expect(chunkOf(undefined, { tokens: 2 }, undefined, { tokens: 1 }).countWithin(2)).toBe(3);
});

it("a part has its own inputs with their weights and the history of the whole, which stays as it is", () => {
  const whole = chunkOf({ tokens: 1, bytes: 10 }, { tokens: 2, bytes: 20 }, { tokens: 4, bytes: 40 });
  Object.assign(whole, { attempts: 3, retries: 2 });
  const part = whole.pick([2, 0]);
  expect(part).toMatchObject({ size: 2, tokens: 5, bytes: 50, attempts: 3, retries: 2 });
  expect([part.inputs, part.indexes]).toEqual([
    ["c", "a"],
    [12, 10],
  ]);
  expect(part.countWithin(4)).toBe(1);
  expect(whole).toMatchObject({ size: 3, tokens: 7 });
  part.attempts++;
  expect(whole.attempts).toBe(3);
});

it("a part of nothing is empty, and keeps the history all the same", () => {
  const whole = weighed(1);
  whole.attempts = 1;
  expect(whole.pick([])).toMatchObject({ size: 0, tokens: 0, inputs: [], attempts: 1 });
});

it.for([
  [0, "", ""],
  [1, "", "a"],
  [2, "a", "b"],
  [5, "ab", "cde"],
] as const)("halves of %i inputs are %j and %j: the first is the smaller", ([size, first, second]) => {
  const halves = weighed(...Array.from({ length: size }, () => 1)).halves();
  expect(halves.map(({ inputs }) => inputs.join(""))).toEqual([first, second]);
});

it.for([0, 1, 3])("a cut after %i of 3 inputs loses none", (count) => {
  const [first, second] = weighed(1, 2, 4).cut(count);
  expect([first.size, second.size]).toEqual([count, 3 - count]);
  expect([...first.indexes, ...second.indexes]).toEqual([10, 11, 12]);
  expect(first.tokens + second.tokens).toBe(7);
});

it("joined, two chunks keep their inputs in order, each with its weight, and the history of the first", () => {
  const [first, second] = weighed(1, 2, 4).cut(1);
  Object.assign(second, { attempts: 5, retries: 4 });
  const joined = second.join(first);
  expect(joined).toMatchObject({ size: 3, tokens: 7, attempts: 5, retries: 4 });
  expect(joined.inputs).toEqual(["b", "c", "a"]);
  expect(joined.countWithin(6)).toBe(2);
  expect([first.size, second.size]).toEqual([1, 2]);
});
