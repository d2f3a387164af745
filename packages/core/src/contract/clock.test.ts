import { FakeClock } from "@batchwise/testkit";
import { afterEach, expect, it, vi } from "vitest";
import { countListeners, reasonOf, watch } from "../../test/regressions/held-backend.ts";
import { sleep, systemClock } from "./clock.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

afterEach(() => {
  vi.useRealTimers();
});

/** Counts the calls of a callback that is due in `ms`. */
function timer(ms: number): { fired: number; readonly cancel: () => void } {
  const state = { fired: 0, cancel: systemClock.after(ms, () => state.fired++) };
  return state;
}

it("systemClock goes on with the time of the machine", () => {
  vi.useFakeTimers();
  const before = systemClock.now();
  vi.advanceTimersByTime(7);
  expect(systemClock.now() - before).toBe(7);
});

it.for([5, LONGEST_TIMER_MS, LONGEST_TIMER_MS + 6, 3 * LONGEST_TIMER_MS])(
  "systemClock runs a callback once, after %i ms and not before, though platform timers are shorter",
  (ms) => {
    vi.useFakeTimers();
    const each = timer(ms);
    vi.advanceTimersByTime(ms - 1);
    expect(each.fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(each.fired).toBe(1);
    vi.advanceTimersByTime(LONGEST_TIMER_MS);
    expect(each.fired).toBe(1);
  },
);

it("systemClock takes a time that is past as now", () => {
  vi.useFakeTimers();
  const each = timer(-5);
  expect(each.fired).toBe(0);
  vi.advanceTimersByTime(0);
  expect(each.fired).toBe(1);
});

it("systemClock cancels, in the last part of a long delay too", () => {
  vi.useFakeTimers();
  const [short, long] = [timer(5), timer(LONGEST_TIMER_MS + 5)];
  short.cancel();
  vi.advanceTimersByTime(LONGEST_TIMER_MS + 1);
  long.cancel();
  vi.advanceTimersByTime(10);
  expect([short.fired, long.fired]).toEqual([0, 0]);
  expect(vi.getTimerCount()).toBe(0);
});

it("sleep resolves when its time is over, and lets go of its signal", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const sleeping = watch(sleep(10, clock, controller.signal));
  await clock.advance(9);
  expect(sleeping.state).toBe("pending");
  expect(listeners.size).toBe(1);
  await clock.advance(1);
  expect(sleeping.state).toBe("fulfilled");
  expect(listeners.size).toBe(0);
});

it("P12 sleep ends with the signal's reason at once, and leaves no timer", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleeping = sleep(1000, clock, controller.signal);
  expect(clock.pending).toBe(1);
  controller.abort("enough");
  expect(await reasonOf(sleeping)).toBe("enough");
  expect([clock.now(), clock.pending]).toEqual([0, 0]);
});

it("P12 sleep arms no timer for a signal that is aborted already", async () => {
  const clock = new FakeClock();
  expect(await reasonOf(sleep(0, clock, AbortSignal.abort("too late")))).toBe("too late");
  expect(clock.pending).toBe(0);
});

it("sleep that is over stays over when its signal is aborted in the same turn", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleeping = watch(sleep(10, clock, controller.signal));
  clock.after(10, () => controller.abort());
  await clock.advance(10);
  expect(sleeping.state).toBe("fulfilled");
});
