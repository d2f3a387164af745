import { bulkRunnable, ProviderError, runnable } from "@batchwise/core";
import { describe, expect, it } from "vitest";

import { endsInReverse, failsFirst, refuses, wrongResponses } from "./fault-schedules.ts";
import { FakeClock } from "./fake-clock.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";

function backendWith(script: Script<string, number>): {
  readonly clock: FakeClock;
  readonly backend: ScriptedBackend<string, number>;
} {
  const clock = new FakeClock();
  return { clock, backend: new ScriptedBackend({ answer: (text: string) => text.length, clock, ...script }) };
}

describe("fault schedules", () => {
  it("calls end in reverse", async () => {
    const { clock, backend } = backendWith(endsInReverse);
    const ended: string[] = [];
    const calls = ["a", "b", "c"].map((text) => backend.call([text]).then(() => ended.push(text)));
    await clock.run(Promise.all(calls));
    expect(ended).toEqual(["c", "b", "a"]);
  });

  it("P36 a request with a bad input is refused whole, and its neighbours get their outputs all the same", async () => {
    const { clock, backend } = backendWith(refuses((text) => text === "bad"));
    const lengths = bulkRunnable<string, number>((texts, options) => backend.call(texts, options));
    const slots = await clock.run(lengths.batch(["a", "bad", "abc"], { returnExceptions: true, clock }));
    expect(slots.map((slot) => (slot instanceof Error ? (slot as ProviderError).status : slot))).toEqual([1, 400, 3]);
  });

  it("the first calls fail in a way that passes, with the wait that is asked for", async () => {
    const { clock, backend } = backendWith(failsFirst(2, 700));
    const length = runnable<string, number>(
      async (text, options) => (await backend.call([text], options))[0] as number,
    );
    expect(await clock.run(length.batch(["abc"], { clock, retry: { attempts: 3, minDelayMs: 1, jitter: 0 } }))).toEqual(
      [3],
    );
    expect(backend.calls.map(({ status }) => status)).toEqual(["failed", "failed", "answered"]);
    // Of refusals in a row, each pauses for twice as long.
    expect(clock.now()).toBe(700 + 1400);
    backend.script = failsFirst(99);
    await expect(backend.call(["a"])).rejects.toMatchObject({ status: 503, retryable: true });
  });

  it.each(wrongResponses)("$name: wrong, and without an index only by its count", async ({ indexed, reshape }) => {
    const { backend } = backendWith({ reshape });
    const right = [1, 2, 3].map((answer, index) => ({ index, answer }));
    const got = await backend.callIndexed(["a", "bb", "ccc"]);
    expect(got).not.toEqual(right);
    expect(got.length === 3).toBe(indexed);
  });
});
