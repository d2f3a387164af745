import { sleep } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { FakeClock } from "./fake-clock.ts";

describe("FakeClock", () => {
  it("stands still until it is told to move", async () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    clock.after(10, () => fired.push(clock.now()));
    await clock.advance(9);
    expect(fired).toEqual([]);
    expect(clock.now()).toBe(9);
    expect(clock.nextInMs).toBe(1);
    await clock.advance(1);
    expect(fired).toEqual([10]);
    expect(clock.pending).toBe(0);
    expect(clock.nextInMs).toBeUndefined();
  });

  it("fires in the order of time, and of setting where the time is the same", async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    clock.after(5, () => fired.push("late"));
    clock.after(1, () => fired.push("first"));
    clock.after(1, () => fired.push("second"));
    clock.after(-3, () => fired.push("past"));
    await clock.advance(10);
    expect(fired).toEqual(["past", "first", "second", "late"]);
  });

  it("runs timers that follow from timers, each at its own time", async () => {
    const clock = new FakeClock();
    const at: number[] = [];
    const again = (): void => {
      at.push(clock.now());
      if (at.length < 4) clock.after(3, again);
    };
    clock.after(3, again);
    await clock.advance(10);
    expect(at).toEqual([3, 6, 9]);
    expect(clock.pending).toBe(1);
  });

  it("finishes what a timer sets off before it fires the next", async () => {
    const clock = new FakeClock();
    const order: string[] = [];
    clock.after(1, () => {
      void (async () => {
        await Promise.resolve();
        await Promise.resolve();
        order.push("what follows from the first");
      })();
    });
    clock.after(1, () => order.push("the second"));
    await clock.advance(1);
    expect(order).toEqual(["what follows from the first", "the second"]);
  });

  it("cancels", async () => {
    const clock = new FakeClock();
    let fired = false;
    const cancel = clock.after(1, () => {
      fired = true;
    });
    cancel();
    cancel();
    await clock.advance(5);
    expect(fired).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it("run moves just as far as the promise needs, and settles like it", async () => {
    const clock = new FakeClock();
    clock.after(1_000_000, () => {});
    expect(await clock.run(sleep(50, clock).then(() => "done"))).toBe("done");
    expect(clock.now()).toBe(50);
    const failure = new Error("it failed");
    await expect(clock.run(sleep(5, clock).then(() => Promise.reject(failure)))).rejects.toBe(failure);
  });

  it("run names a deadlock instead of hanging", async () => {
    const clock = new FakeClock();
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow("got no timer that could bring it about");
  });

  it("sleep on it ends at once when its signal is aborted, and leaves no timer", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleeping = sleep(1000, clock, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });
});
