import { expect, it } from "vitest";
import { SizeCap } from "./size-cap.ts";

/** Sizes of the next chunks. */
const next = (cap: SizeCap, count: number): number[] => Array.from({ length: count }, () => cap.next());

it("without a failure there is none", () => {
  expect(new SizeCap(1).most).toBe(Infinity);
});

it("P41 a size that was too large is a cap of half of it, unless a smaller one is known already", () => {
  const cap = new SizeCap(1);
  cap.limit(100);
  expect(cap.most).toBe(50);
  cap.limit(120);
  expect(cap.most).toBe(50);
  cap.limit(40);
  expect(cap.most).toBe(20);
  cap.limit(1);
  expect(cap.most).toBe(1);
});

it("P41 every tenth chunk tries a size between what passed and what was too large, until nothing is left between", () => {
  const cap = new SizeCap(1);
  cap.limit(100);
  expect(next(cap, 10)).toEqual([50, 50, 50, 50, 50, 50, 50, 50, 50, 75]);
  cap.passed(75);
  expect(next(cap, 10).at(-1)).toBe(87);
  cap.limit(87);
  expect(cap.most).toBe(75);
  expect(next(cap, 10).at(-1)).toBe(81);
});

it("P41 where nothing is left between, twice as much is tried, ever more rarely", () => {
  const cap = new SizeCap(1);
  cap.limit(65, 64);
  const sizes = next(cap, 151);
  expect(sizes.map((size, place) => (size === 128 ? place : 0)).filter((place) => place > 0)).toEqual([49, 149]);
  cap.passed(128);
  expect(cap.most).toBe(128);
});

it("P41 one request that passed in parts may have been unlucky: a second one is believed", () => {
  const cap = new SizeCap(1);
  cap.passed(100);
  cap.suggest(100, 25);
  expect(cap.most).toBe(Infinity);
  cap.suggest(100, 50);
  expect(cap.most).toBe(50);
});

it("P41 where none as large has ever passed, the first one is believed", () => {
  const cap = new SizeCap(1);
  cap.passed(99);
  cap.suggest(100, 50);
  expect(cap.most).toBe(50);
});

it("P41 of two refusals where none as large has passed it is taken that both are too large", () => {
  const cap = new SizeCap(1);
  cap.passed(30);
  cap.refused(20);
  cap.refused(90);
  expect(cap.most).toBe(Infinity);
  cap.refused(80);
  expect(cap.most).toBe(40);
});

it("refusals before one as large has passed say nothing any more", () => {
  const cap = new SizeCap(1);
  cap.refused(90);
  cap.passed(90);
  cap.refused(100);
  cap.refused(80);
  expect(cap.most).toBe(Infinity);
});
