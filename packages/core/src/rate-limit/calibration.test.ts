import { expect, it } from "vitest";
import { range } from "../../test/regressions/held-backend.ts";
import { Calibration, calibrationOf, demandOf, weightOf } from "./calibration.ts";

/** Calibration that has seen answers which weighed this much, and counted this share of it. */
function learned(...answers: readonly (readonly [weighed: number, share: number])[]): Calibration {
  const calibration = new Calibration();
  for (const [weighed, share] of answers) calibration.observe(weighed, weighed * share);
  return calibration;
}

const times = (count: number, share: number): (readonly [number, number])[] => range(count).map(() => [10_000, share]);

it("believes a weight until an answer has come", () => {
  expect(new Calibration().factor).toBe(1);
});

it("one large answer brings most of what is to be learned, and some caution", () => {
  const { factor } = learned([10_000, 0.25]);
  expect(factor).toBeGreaterThan(0.25);
  expect(factor).toBeLessThan(0.3);
});

it("a small answer says little, before a large one and after it", () => {
  expect(learned([4, 0.25]).factor).toBeGreaterThan(0.95);
  const known = learned([10_000, 0.25]).factor;
  expect(learned([10_000, 0.25], [4, 1]).factor).toBeCloseTo(known, 2);
});

it("answers that agree leave next to no caution", () => {
  expect(learned(...times(60, 0.25)).factor).toBeCloseTo(0.25, 2);
});

it("answers that differ make it expect more than the largest share so far", () => {
  const scattered = learned(...range(60).map((each) => [10_000, each % 2 === 0 ? 0.2 : 0.3] as const));
  expect(scattered.factor).toBeGreaterThan(0.3);
  expect(scattered.factor).toBeLessThan(0.45);
});

it("is never above 1: a weight is an upper bound", () => {
  expect(learned([10_000, 3], [10_000, 3]).factor).toBe(1);
});

it("expects more at once when texts begin to weigh more, and in time just as much", () => {
  expect(learned(...times(10, 0.2), ...times(2, 0.6)).factor).toBeGreaterThan(0.5);
  expect(learned(...times(4, 0.2), ...times(500, 0.6)).factor).toBeCloseTo(0.6, 1);
});

it("an answer of the usual size replaces a fifth of what was learned, however many came before", () => {
  expect(learned(...times(1000, 0.2), ...times(10, 0.6)).factor).toBeGreaterThan(0.5);
});

it.for([
  [0, 10],
  [-1, 10],
  [Number.NaN, 10],
  [10_000, 0],
  [10_000, -1],
  [10_000, Number.NaN],
  [10_000, Infinity],
])("P9 learns nothing from a weight of %d that was counted as %d", ([weighed, used]) => {
  const calibration = learned([10_000, 0.25]);
  const before = calibration.factor;
  calibration.observe(weighed as number, used as number);
  expect(calibration.factor).toBe(before);
});

it("the batches of one `weigh` share what they learn", () => {
  const weigh = (): object => ({});
  calibrationOf(weigh).observe(10_000, 1000);
  expect(calibrationOf(weigh).factor).toBeLessThan(0.2);
  expect(calibrationOf(() => ({})).factor).toBe(1);
});

it("demand is one request, its inputs, and its tokens as the provider is expected to count them", () => {
  const inputs = { size: 3, tokens: 30, outputTokens: 0 };
  const whole = { requests: 1, inputs: 3, tokens: 30, inputTokens: 30, outputTokens: 0 };
  expect(demandOf(inputs, undefined)).toEqual(whole);
  const calibration = new Calibration();
  calibration.factor = 0.5;
  expect(demandOf(inputs, calibration)).toEqual({ ...whole, tokens: 15, inputTokens: 15 });
  calibration.answers = new Calibration();
  calibration.answers.factor = 0.25;
  const own = { tokens: 15, inputTokens: 5, outputTokens: 10 };
  expect(demandOf({ size: 1, tokens: 50, outputTokens: 40 }, calibration)).toEqual({ requests: 1, inputs: 1, ...own });
});

it("the weight of a request is its tokens as they are expected to count or, with nothing weighed, its inputs", () => {
  const request = { size: 3, tokens: 30, outputTokens: 0 };
  const calibration = new Calibration();
  calibration.factor = 0.5;
  expect(weightOf(request, { calibration, weigh: undefined })).toBe(3);
  expect(weightOf(request, { calibration, weigh: () => ({}) })).toBe(15);
});
