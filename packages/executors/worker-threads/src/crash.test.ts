import { once } from "node:events";
import { afterAll, describe, expect, it, vi } from "vitest";
import { WorkerCrashError, WorkerLoadError } from "./errors.ts";
import { begun, newGate } from "./fixtures/gate.ts";
import { closePools, poolOf, trouble } from "./fixtures/pools.ts";
import type { Order } from "./fixtures/trouble.ts";

// Starting a thread loads every module anew, which takes long on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
afterAll(closePools);

describe("a thread that ends", () => {
  it.each(["exit", "throwBeside"] as const)("P36 %s fails its own item and no neighbor", async (how) => {
    const orders: Order[] = [{ do: "answer", value: 1 }, { do: how }, { do: "answer", value: 3 }];
    const [before, failed, after] = await trouble().invokeMany(orders);
    expect([before, after]).toEqual([1, 3]);
    expect(failed).toSatisfy((error) => WorkerCrashError.isInstance(error));
    expect(failed).toHaveProperty(
      "cause.message",
      { exit: "worker exited with code: 3", throwBeside: "thrown beside the function" }[how],
    );
  });

  it("P36 memory beyond resourceLimits fails its own item and no neighbor", async () => {
    const pool = trouble({ resourceLimits: { maxOldGenerationSizeMb: 48 } });
    const [failed, after] = await pool.invokeMany([{ do: "exhaustMemory" }, { do: "answer", value: 2 }]);
    expect(failed).toHaveProperty("cause.code", "ERR_WORKER_OUT_OF_MEMORY");
    expect(after).toBe(2);
  });

  it("may happen once: the item is sent again", async () => {
    const gate = newGate();
    const pool = trouble();
    expect(
      await pool.invokeMany([
        { do: "answer", value: 1 },
        { do: "crashOnce", gate },
      ]),
    ).toEqual([1, "second try"]);
    expect(gate[0]).toBe(2);
  });

  it("without a task causes a warning, and the pool goes on", async () => {
    const pool = trouble();
    const warning = once(process, "warning");
    await pool.invoke({ do: "throwLater" });
    expect(String(await warning)).toContain("failed while it had nothing to do");
    expect(await pool.invoke({ do: "answer", value: "on" })).toBe("on");
  });

  it("does not end another thread's work, and leaves the pool usable", async () => {
    const pool = trouble({ threads: 2 });
    const gate = newGate();
    const controller = new AbortController();
    const neighbor = pool.invoke({ do: "waitForAbort", gate }, { signal: controller.signal });
    await begun(gate);
    await expect(pool.invoke({ do: "exit" })).rejects.toThrow("to throw, got a thread that ended over this item");
    expect(await pool.invoke({ do: "answer", value: "on" })).toBe("on");
    expect(gate[1]).toBe(0);
    controller.abort(new Error("done"));
    await expect(neighbor).rejects.toThrow("done");
  });

  it("ends nothing for good when every item does it", async () => {
    const pool = trouble();
    const outcomes = await pool.invokeMany([{ do: "exit" }, { do: "exit" }]);
    expect(outcomes.map((each) => WorkerCrashError.isInstance(each))).toEqual([true, true]);
    expect(await pool.invoke({ do: "answer", value: "on" })).toBe("on");
  });
});

describe("a worker that cannot be used", () => {
  it.each([
    ["exits-at-once.ts", "cause.message", "worker exited with code: 5"],
    ["broken.ts", "cause.message", "broken at its top level"],
    ["unprepared.ts", "cause.message", "no model there"],
    [
      "nothing.ts",
      "message",
      expect.stringMatching(/^Expected the default export of .*, got a value of type undefined\./),
    ],
  ])("%s fails every item with a WorkerLoadError that says why", async (name, path, value) => {
    const outcomes = await poolOf<number, number>(name).invokeMany([1, 2]);
    for (const outcome of outcomes) {
      expect(WorkerLoadError.isInstance(outcome)).toBe(true);
      expect(outcome).toHaveProperty(path, value);
    }
    expect(outcomes).toHaveLength(2);
  });

  it.each([
    ["--import=./there-is-no-such-module.js", "ERR_MODULE_NOT_FOUND"],
    ["--max-old-space-size=100", "ERR_WORKER_INVALID_EXEC_ARGV"],
  ])("%s ends every thread while it starts: an error, no hanging", async (flag, code) => {
    const pool = poolOf<number, number>("double.ts", { threads: 2, execArgv: [flag] });
    const outcomes = await Promise.all([pool.invokeMany([1, 2]), pool.invokeMany([3]), pool.invokeMany([4])]);
    expect(outcomes.flat()).toHaveLength(4);
    for (const outcome of outcomes.flat()) expect(outcome).toHaveProperty("cause.code", code);
  });

  it("a setup that failed is tried again by the next call", async () => {
    const tries = newGate();
    const pool = poolOf<number, number>("unprepared.ts", { workerData: tries });
    await expect(pool.invoke(5)).rejects.toThrow(/^Expected .* to set up, got an error/);
    expect(await pool.invoke(5)).toBe(5);
  });
});
