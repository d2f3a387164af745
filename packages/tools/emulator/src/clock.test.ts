import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { systemClock } from "./clock.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("calls back once, not before its time", () => {
  const calls: number[] = [];
  systemClock.after(10.4, () => calls.push(systemClock.now()));
  vi.advanceTimersByTime(10);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(calls).toHaveLength(1);
});

test("holds delays that are longer than a timer of Node", () => {
  let called = false;
  const days = 30 * 24 * 60 * 60 * 1000;
  systemClock.after(days, () => {
    called = true;
  });
  vi.advanceTimersByTime(days - 10);
  expect(called).toBe(false);
  vi.advanceTimersByTime(11);
  expect(called).toBe(true);
});

test("a canceled timer does not call back", () => {
  let called = false;
  const cancel = systemClock.after(10, () => {
    called = true;
  });
  cancel();
  vi.advanceTimersByTime(100);
  expect(called).toBe(false);
});
