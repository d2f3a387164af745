import { expect, it } from "vitest";
import { type Choice, SizeClasses } from "./size-classes.ts";

/** Classes that have seen three answers of each weight, which take so long. */
function classesOf(weights: readonly number[], msOf: (weight: number) => number): SizeClasses {
  const classes = new SizeClasses();
  for (const weight of weights) for (let answer = 0; answer < 3; answer++) classes.observe(weight, msOf(weight));
  return classes;
}

/** The end is unknown, and any number of calls carries the rate. */
const choice: Choice = { least: 1, unsent: 0, leftMs: Infinity, mostMs: Infinity, perMs: 0, inFlight: 1 };
/** 80 ms, and 10 us a token. */
const linear = (weight: number): number => 80 + weight / 100;

it("nothing is chosen before a class has three answers", () => {
  const classes = new SizeClasses();
  classes.observe(1024, 90);
  classes.observe(1024, 90);
  expect(classes.choose(choice)).toBeUndefined();
  classes.observe(1024, 90);
  expect(classes.choose(choice)).toBeGreaterThan(0);
});

it("P55 the largest class is chosen whose answers take at most twice as long as the shortest", () => {
  // 90, 121, 162 and 244 ms.
  expect(classesOf([1024, 4096, 8192, 16_384], linear).choose(choice)).toBe(8192);
});

it("P55 requests that are smaller than any that is chosen are no measure, such as the parts of one that was refused", () => {
  const classes = classesOf([16, 4096, 8192, 16_384], (weight) => (weight < 100 ? 50 : linear(weight)));
  expect(classes.choose({ ...choice, least: 4000 })).toBe(16_384);
  expect(classes.choose(choice)).toBe(32);
  expect(classesOf([16], () => 50).choose({ ...choice, least: 4000 })).toBe(32);
});

it("P55 the next class up is tried while it is expected to be quick by the growth so far", () => {
  expect(classesOf([1024, 2048], () => 80).choose(choice)).toBe(4096);
  expect(classesOf([1024, 2048], (weight) => weight).choose(choice)).toBe(2048);
  // Of one class alone, nothing is known of growth: twice as long is still quick.
  expect(classesOf([1024], () => 80).choose(choice)).toBe(2048);
});

it("a request belongs to the class whose power of two is nearest", () => {
  expect(classesOf([1400], () => 80).choose(choice)).toBe(2048);
  expect(classesOf([1500], () => 80).choose(choice)).toBe(4096);
  expect(classesOf([0], () => 80).choose(choice)).toBe(2);
});

it.for([
  ["half a minute is left", 30_000, 16_384],
  ["a second is left", 1000, 1024],
] as const)("P55 where %s, answers may take a fiftieth of it", ([, leftMs, weight]) => {
  // The larger one takes 520 ms, more than twice as long.
  const classes = classesOf([1024, 16_384], (each) => (each > 2000 ? 520 : 100));
  expect(classes.choose({ ...choice, leftMs })).toBe(leftMs === 30_000 ? weight : 2048);
});

it("P55 near the end no answer takes much longer than what is left, the shortest aside", () => {
  const classes = classesOf([1024, 2048, 4096, 8192, 16_384], linear);
  expect(classes.choose({ ...choice, leftMs: 150 })).toBe(8192);
  expect(classes.choose({ ...choice, leftMs: 60 })).toBe(4096);
  expect(classes.choose({ ...choice, leftMs: 0 })).toBe(4096);
});

it("P55 what is left takes as long as the calls in flight need for it, where the limits would let it pass at once", () => {
  const classes = classesOf([1024, 2048, 4096, 8192, 16_384], linear);
  // 16,384 in 244 ms each, and two at a time.
  expect(classes.choose({ ...choice, leftMs: 0, unsent: 20_000, inFlight: 2 })).toBe(8192);
});

it("P55 where answers scatter, they are reckoned to take longer", () => {
  const steady = classesOf([1024, 2048, 4096], linear);
  const scattered = classesOf([1024, 2048, 4096], linear);
  for (let answer = 0; answer < 40; answer++) scattered.observe(1024, answer % 2 === 0 ? 30 : 150);
  expect(steady.choose({ ...choice, leftMs: 35 })).toBe(4096);
  expect(scattered.choose({ ...choice, leftMs: 35 })).toBeLessThan(4096);
});

it("no size is chosen whose answers are expected to take too long", () => {
  const classes = classesOf([1024, 2048, 4096], linear);
  expect(classes.choose({ ...choice, mostMs: 110 })).toBe(2048);
  expect(classes.choose({ ...choice, mostMs: 10 })).toBe(1024);
});

it("P55 where the calls in flight cannot carry the rate, the smallest size that does nearly the most work is chosen", () => {
  const classes = classesOf([1024, 4096, 16_384, 65_536, 131_072], linear);
  const weight = classes.choose({ ...choice, perMs: 200, inFlight: 2 }) as number;
  expect(weight).toBe(131_072);
  expect(classes.choose({ ...choice, perMs: 200, inFlight: 20 })).toBe(4096);
});

it("old answers are forgotten", () => {
  const classes = classesOf([1024, 2048, 4096], linear);
  for (let answer = 0; answer < 60; answer++) classes.observe(4096, 800);
  expect(classes.choose(choice)).toBe(2048);
});
