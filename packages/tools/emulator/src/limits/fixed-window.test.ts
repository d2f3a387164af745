import { expect, test } from "vitest";

import { FixedWindow } from "./fixed-window.ts";

test("what a window allows may pass at its end, and again at the start of the next", () => {
  const window = new FixedWindow(15, 1, 59_000);
  expect(window.take(15, 59_999)).toBe(true);
  expect(window.take(1, 59_999)).toBe(false);
  expect(window.waitMs(1, 59_999)).toBe(1);
  expect(window.take(15, 60_000)).toBe(true);
  expect(window.waitMs(1, 61_000)).toBe(59_000);
  expect(window.resetMs(61_000)).toBe(59_000);
  expect(window.resetMs(120_000)).toBe(0);
  expect(window.taken).toBe(30);
  expect(window.use(61_000)).toBe(1);
});

test("starts with the share that it is given, and forgets what it refused at the next window", () => {
  const window = new FixedWindow(10, 0.3, 0);
  expect(window.remaining(0)).toBe(3);
  window.penalize(5, 0);
  expect(window.remaining(0)).toBe(0);
  expect(window.remaining(60_000)).toBe(10);
});

test("P27 more than the limit never passes", () => {
  const window = new FixedWindow(10, 1, 0);
  expect(window.waitMs(11, 0)).toBe(Infinity);
  expect(window.take(11, 0)).toBe(false);
});
