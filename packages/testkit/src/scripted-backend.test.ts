import { ArgumentError } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { FakeClock } from "./fake-clock.ts";
import { Gauge } from "./gauge.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";

function backendOf(
  script: Script<string, string> = {},
  clock: FakeClock = new FakeClock(),
): ScriptedBackend<string, string> {
  return new ScriptedBackend({ answer: (text: string) => text.toUpperCase(), ...script, clock });
}

describe("ScriptedBackend", () => {
  it("answers in order and remembers every call", async () => {
    const clock = new FakeClock();
    const backend = backendOf({ latencyMs: () => 20 }, clock);
    const controller = new AbortController();
    await clock.advance(5);
    const answers = clock.run(backend.call(["a", "b"], { signal: controller.signal }));
    expect(backend.running).toHaveLength(1);
    expect(await answers).toEqual(["A", "B"]);
    expect(backend.calls).toEqual([
      {
        number: 0,
        inputs: ["a", "b"],
        signal: controller.signal,
        indexed: false,
        startedAt: 5,
        endedAt: 25,
        status: "answered",
      },
    ]);
    expect(backend.running).toEqual([]);
  });

  it("holds calls open until they are released, one or all", async () => {
    const clock = new FakeClock();
    const backend = backendOf({ hold: () => true }, clock);
    const ended: string[] = [];
    for (const text of ["a", "b", "c"]) void backend.call([text]).then(() => ended.push(text));
    await clock.advance(1000);
    expect(ended).toEqual([]);
    expect(backend.gauge.current).toBe(3);
    backend.release(backend.held[1]);
    await clock.advance(0);
    expect(ended).toEqual(["b"]);
    backend.release();
    await clock.advance(0);
    expect(ended).toEqual(["b", "a", "c"]);
    expect(backend.held).toEqual([]);
    expect(backend.gauge.current).toBe(0);
    expect(backend.gauge.peak).toBe(3);
  });

  it("fails whole calls, and slots alone", async () => {
    const refused = new Error("refused");
    const bad = new Error("bad");
    const backend = backendOf({
      failure: (call) => (call.inputs.includes("poison") ? refused : undefined),
      answer: (text) => (text === "slot" ? bad : text.toUpperCase()),
    });
    await expect(backend.call(["a", "poison"])).rejects.toBe(refused);
    expect(await backend.call(["a", "slot"])).toEqual(["A", bad]);
    expect(backend.calls.map((call) => call.status)).toEqual(["failed", "answered"]);
  });

  it("heeds the signal, unless it is told not to", async () => {
    const clock = new FakeClock();
    const backend = backendOf({ hold: () => true }, clock);
    const controller = new AbortController();
    const reason = new Error("enough");
    const heeding = backend.call(["a"], { signal: controller.signal });
    backend.script = { hold: () => true, heedsSignal: false };
    const deaf = backend.call(["b"], { signal: controller.signal });
    controller.abort(reason);
    await expect(heeding).rejects.toBe(reason);
    expect(backend.running.map((call) => call.inputs)).toEqual([["b"]]);
    backend.release();
    expect(await deaf).toEqual(["B"]);
    backend.script = { heedsSignal: false };
    await expect(backend.call(["c"], { signal: AbortSignal.abort(reason) })).resolves.toEqual(["C"]);
    backend.script = {};
    await expect(backend.call(["d"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("reports a usage where its script has one, once the call has been answered", async () => {
    const reports: unknown[] = [];
    const report = (each: unknown): void => void reports.push(each);
    const backend = backendOf({ usage: ({ inputs }) => ({ inputTokens: inputs.length }) });
    await backend.call(["a", "b"], { report });
    await backend.callIndexed(["a"]);
    backend.script = { ...backend.script, failure: () => new Error("refused") };
    await expect(backend.call(["a"], { report })).rejects.toThrow("refused");
    backend.script = {};
    await backend.call(["a"], { report });
    expect(reports).toEqual([{ usage: { inputTokens: 2 } }]);
  });

  it("reshapes what goes out, with and without indexes", async () => {
    const backend = backendOf({ reshape: (answers) => answers.toReversed().slice(0, 2) });
    expect(await backend.call(["a", "b", "c"])).toEqual(["C", "B"]);
    expect(await backend.callIndexed(["a", "b", "c"])).toEqual([
      { index: 2, answer: "C" },
      { index: 1, answer: "B" },
    ]);
    expect(backend.calls.map((call) => call.indexed)).toEqual([false, true]);
  });

  it("keeps its own copy of a call's inputs", async () => {
    const backend = backendOf({ hold: () => true });
    const inputs = ["a", "b"];
    const answers = backend.call(inputs);
    inputs.length = 0;
    await Promise.resolve();
    backend.release();
    expect(await answers).toEqual(["A", "B"]);
  });

  it("shares a gauge with another backend", async () => {
    const gauge = new Gauge();
    const clock = new FakeClock();
    const first = new ScriptedBackend({ answer: String, clock, gauge, latencyMs: () => 5 });
    const second = new ScriptedBackend({ answer: String, clock, gauge, latencyMs: () => 5 });
    await clock.run(Promise.all([first.call(["a"]), second.call(["b"])]));
    expect(gauge.peak).toBe(2);
    expect(gauge.current).toBe(0);
  });

  it("wants an answer", () => {
    expect(() => new ScriptedBackend({ answer: "x" as never, clock: new FakeClock() })).toThrow(ArgumentError);
  });
});
