import { expect, test } from "vitest";
import { figuresOf } from "./figures.ts";
import type { MeasuredRun } from "./measure.ts";

const counts = {
  requests: 25,
  rateLimited: 0,
  inputsAnswered: 50,
  tokensAdmitted: 5000,
  tokensWasted: 0,
  peakInFlight: 3,
  cpuMs: 200,
  elapsedMs: 1000,
};
const run: MeasuredRun = {
  milliseconds: 1000,
  boundMs: 1000,
  lost: 0,
  failure: undefined,
  level: 50 * 2 ** 20,
  peak: 80 * 2 ** 20,
  counts,
};

test("times are medians, each against its own round's bound", () => {
  const figures = figuresOf([run, { ...run, milliseconds: 3000, boundMs: 2000 }, { ...run, milliseconds: 1200 }], 10);
  expect(figures.seconds).toBe(1.2);
  expect(figures.ratio).toBe(1.2);
  expect(figures.rounds).toBe(3);
  expect(figures.above).toBe(30);
});

test("what must never happen is the worst round's, however good the others were", () => {
  const bad = { ...run, lost: 4, counts: { ...counts, rateLimited: 2, requests: 90, peakInFlight: 8, cpuMs: 700 } };
  expect(figuresOf([run, bad, run], 10)).toMatchObject({
    lost: 4,
    rateLimited: 2,
    requests: 90,
    inFlight: 8,
    emulatorCores: 0.7,
  });
});

test("a contender that lost everything has no time against the bound, and names its error", () => {
  const figures = figuresOf([{ ...run, lost: 10, failure: "RetryError" }], 10);
  expect(figures.ratio).toBeUndefined();
  expect(figures.failure).toBe("RetryError");
});
