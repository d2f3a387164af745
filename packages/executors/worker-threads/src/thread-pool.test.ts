import { MessagePort } from "node:worker_threads";
import { ArgumentError, InputError, isRunnable, ResultError } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { afterAll, describe, expect, it, vi } from "vitest";
import { WorkerCrashError } from "./errors.ts";
import { begun, fixture, newGate } from "./fixtures/gate.ts";
import { closePools, poolOf, trouble } from "./fixtures/pools.ts";
import type { Order } from "./fixtures/trouble.ts";
import { type ThreadPool, threadPool } from "./thread-pool.ts";

// Starting a thread loads every module anew, which takes long on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
afterAll(closePools);

describe("threadPool", () => {
  it("is a Runnable that asks for one message a thread, of `chunk` inputs", () => {
    const pool = poolOf("double.ts", { threads: 3, chunk: 5 });
    expect(isRunnable(pool)).toBe(true);
    expect(pool.settings).toMatchObject({ maxConcurrency: 3, request: { maxInputs: 5 } });
  });

  it("L1 L2 gives an output for each input, in order", async () => {
    expect(await poolOf<number, number>("double.ts").invokeMany([3, 1, 2, 1])).toEqual([6, 2, 4, 2]);
  });

  it("L3 asks no thread for no inputs", async () => {
    // No thread of this module could answer.
    expect(await poolOf("exits-at-once.ts").invokeMany([])).toEqual([]);
  });

  it("L4 invoke gives what invokeMany gives, and throws what it holds", async () => {
    const pool = poolOf<number, number>("double.ts");
    expect(await pool.invoke(4)).toBe(8);
    await expect(pool.invoke(13)).rejects.toThrow(RangeError);
  });

  it("L6 an error is its item's own", async () => {
    const [before, failed, after] = await poolOf<number, number>("double.ts").invokeMany([1, 13, 2]);
    expect([before, after]).toEqual([2, 4]);
    expect(failed).toBeInstanceOf(RangeError);
  });

  it("L14 P3 undefined, null, 0, an empty string and false are outputs", async () => {
    const values = [undefined, null, 0, "", false];
    const orders = values.map((value): Order => ({ do: "answer", value }));
    expect(await trouble().invokeMany(orders)).toEqual(values);
  });

  it("hands the worker's reports to the caller's", async () => {
    const reports: unknown[] = [];
    await trouble().invoke({ do: "report" }, { report: (report) => reports.push(report) });
    expect(reports).toEqual([{ usage: { inputTokens: 7 }, requestId: "request-1" }]);
  });

  it("uses as many threads as it was given, and each again", async () => {
    const pool = trouble({ threads: 2 });
    const gates = [newGate(), newGate()];
    const controller = new AbortController();
    const waiting = gates.map((gate) => pool.invoke({ do: "waitForAbort", gate }, { signal: controller.signal }));
    // Both have begun while neither can end: two threads.
    await Promise.all(gates.map(begun));
    controller.abort(new Error("enough"));
    await expect(Promise.all(waiting)).rejects.toThrow("enough");
    const ids = await Promise.all(Array.from({ length: 8 }, () => pool.invoke({ do: "thread" })));
    expect(new Set(ids).size).toBeLessThanOrEqual(2);
  });
});

describe("what cannot cross to a thread", () => {
  it("an input that cannot be cloned fails alone, as an InputError", async () => {
    const [before, failed, after] = await trouble().invokeMany([
      { do: "answer", value: 1 },
      { do: "answer", value: () => 1 },
      { do: "answer", value: 3 },
    ]);
    expect([before, after]).toEqual([1, 3]);
    expect(InputError.isInstance(failed)).toBe(true);
  });

  it("an output that cannot be cloned fails alone, as a ResultError, and keeps its thread", async () => {
    const [first, failed, last] = await trouble().invokeMany([
      { do: "thread" },
      { do: "returnFunction" },
      { do: "thread" },
    ]);
    expect(ResultError.isInstance(failed)).toBe(true);
    expect(last).toBe(first);
  });
});

describe("transfer", () => {
  it("L9 leaves the caller's buffers alone by default", async () => {
    const input = order();
    expect(await trouble().invoke(input)).toEqual(new Float32Array([2, 3, 4]));
    expect(input.buffer).toEqual(new Float32Array([1, 2, 3]));
  });

  it("transferInputs moves the caller's buffers", async () => {
    const input = order();
    expect(await trouble({ transferInputs: true }).invoke(input)).toEqual(new Float32Array([2, 3, 4]));
    expect(input.buffer.length).toBe(0);
  });

  it("transferInputs reports a crashed item, which is gone, instead of sending it again", async () => {
    const gate = newGate();
    const pool = trouble({ transferInputs: true });
    await expect(pool.invoke({ do: "crashOnce", gate })).rejects.toSatisfy((error) =>
      WorkerCrashError.isInstance(error),
    );
    expect(gate[0]).toBe(1);
  });

  it("transferOutputs moves the worker's buffers, so that one that it kept is gone", async () => {
    const copying = trouble();
    expect(await copying.invoke({ do: "returnKept" })).toEqual(new Float32Array([1, 2]));
    expect(await copying.invoke({ do: "returnKept" })).toEqual(new Float32Array([1, 2]));
    const moving = trouble({ transferOutputs: true });
    expect(await moving.invoke({ do: "returnKept" })).toEqual(new Float32Array([1, 2]));
    await expect(moving.invoke({ do: "returnKept" })).rejects.toThrow("transferOutputs");
  });

  it("a port comes out with transferOutputs, and without is refused with what to do", async () => {
    const port = await trouble({ transferOutputs: true }).invoke({ do: "returnPort" });
    expect(port).toBeInstanceOf(MessagePort);
    (port as MessagePort).close();
    await expect(trouble().invoke({ do: "returnPort" })).rejects.toThrow("transferOutputs: true");
  });
});

describe("abort", () => {
  it("L7 P12 rejects with the reason at once; the thread stops by itself and is kept", async () => {
    const clock = new FakeClock();
    const pool = trouble({ clock });
    const gate = newGate();
    const before = await pool.invoke({ do: "thread" });
    const controller = new AbortController();
    const call = pool.invoke({ do: "waitForAbort", gate }, { signal: controller.signal });
    await begun(gate);
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(await pool.invoke({ do: "thread" })).toBe(before);
    expect(gate[1]).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it("L7 a busy loop is ended after graceMs, and the pool goes on with a new thread", async () => {
    const clock = new FakeClock();
    const pool = trouble({ clock, graceMs: 50 });
    const before = await pool.invoke({ do: "thread" });
    const gate = newGate();
    const controller = new AbortController();
    const call = pool.invoke({ do: "spin", gate }, { signal: controller.signal });
    await begun(gate);
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    const next = pool.invoke({ do: "thread" });
    await clock.advance(49);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await next).not.toBe(before);
  });

  it("L7 a thread that is at work for an aborted call has its time to stop when the pool is closed", async () => {
    const pool = trouble({ graceMs: 10_000 });
    const gate = newGate();
    const controller = new AbortController();
    const call = pool.invoke({ do: "blockForAWhile", gate }, { signal: controller.signal });
    await begun(gate);
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    await pool.close();
    expect(gate[1]).toBe(1);
  });

  it("L7 stops between two inputs of one message, however busy they are", async () => {
    const pool = trouble();
    const gate = newGate();
    const late = newGate();
    const controller = new AbortController();
    const orders: Order[] = [
      { do: "waitForAbort", gate },
      { do: "crashOnce", gate: late },
    ];
    const call = pool.invokeMany(orders, { signal: controller.signal });
    await begun(gate);
    controller.abort();
    await expect(call).rejects.toThrow("aborted");
    await pool.invoke({ do: "thread" });
    expect(late[0]).toBe(0);
  });

  it("L7 a call that waits for a thread is not begun", async () => {
    const pool = trouble();
    const [gate, late] = [newGate(), newGate()];
    const controller = new AbortController();
    const first = pool.invoke({ do: "waitForAbort", gate }, { signal: controller.signal });
    await begun(gate);
    const waiting = new AbortController();
    const second = pool.invoke({ do: "waitForAbort", gate: late }, { signal: waiting.signal });
    waiting.abort(new Error("second"));
    await expect(second).rejects.toThrow("second");
    controller.abort(new Error("first"));
    await expect(first).rejects.toThrow("first");
    await pool.invoke({ do: "thread" });
    expect(late[0]).toBe(0);
  });

  it("L7 a signal that was aborted before lets nothing start", async () => {
    const gate = newGate();
    const signal = AbortSignal.abort(new Error("too late"));
    const pool = trouble();
    await expect(pool.invoke({ do: "crashOnce", gate }, { signal })).rejects.toThrow("too late");
    expect(gate[0]).toBe(0);
  });
});

describe("defineWorker", () => {
  it("sets up once a thread, asynchronously, with the pool's workerData", async () => {
    const pool = poolOf<number, string>("prepared.ts", { workerData: { add: 10 } });
    expect(await pool.invokeMany([1, 2])).toEqual(["11 after 1 setup", "12 after 1 setup"]);
    expect(await pool.invoke(3)).toBe("13 after 1 setup");
  });
});

describe("close", () => {
  it("lets the calls in progress and those that wait finish, then refuses new ones", async () => {
    const pool = poolOf<number, number>("double.ts", { threads: 1 });
    const calls = Promise.all([pool.invoke(1), pool.invoke(2), pool.invoke(3)]);
    const closing = pool.close();
    expect(await calls).toEqual([2, 4, 6]);
    await closing;
    await expect(pool.invoke(4)).rejects.toSatisfy((error) => ArgumentError.isInstance(error));
    await expect(pool.close()).resolves.toBeUndefined();
  });

  it("ends a pool that never started, and one whose scope ends", async () => {
    let left: ThreadPool<number, number>;
    {
      await using pool = threadPool<number, number>(fixture("double.ts"), { threads: 1 });
      left = pool;
      await threadPool(fixture("double.ts")).close();
      expect(await pool.invoke(1)).toBe(2);
    }
    await expect(left.invoke(1)).rejects.toThrow("closed");
  });
});

function order(): Order & { readonly buffer: Float32Array } {
  return { do: "addOne", buffer: new Float32Array([1, 2, 3]) };
}
