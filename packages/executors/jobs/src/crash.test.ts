import { codeOf } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { offline } from "./offline.ts";
import { CrashingStore, type Fuse, fused } from "./testing/crashes.ts";
import { answerOf, FakeProvider, type Fate, outage } from "./testing/fake-provider.ts";

const RUNS = Number(process.env["BATCHWISE_RUNS"] ?? 60);
const SEED = process.env["BATCHWISE_SEED"] === "random" ? Date.now() : 20_261_124;
const INPUTS = ["a", "b", "c", "bad d", "e", "f", "g", "h"];

/** Runs the batch, and runs it again each time that the process has "crashed", until it completes. */
async function throughCrashes(
  provider: FakeProvider,
  clock: FakeClock,
  crashes: readonly number[],
): Promise<unknown[]> {
  const store = new CrashingStore();
  for (const left of [...crashes, Infinity]) {
    const fuse: Fuse = { left };
    const jobs = offline(
      provider.runnable((backend) => fused(backend, fuse)),
      { store: store.process(fuse), clock, attempts: 6 },
    );
    let slots: unknown[] | undefined;
    const batch = jobs.batch(INPUTS, {
      returnExceptions: true,
      random: () => 0.5,
      onFinish: ({ status, outcomes }) => {
        if (status !== "completed") return;
        slots = outcomes.map((each) => (each.status === "fulfilled" ? each.value : each.reason));
      },
    });
    // A process that has crashed stands still: the clock notices.
    await clock.run(batch).catch(() => undefined);
    // It may crash while it cleans up: its outputs were handed out before.
    if (slots !== undefined) return slots;
  }
  throw new Error("Expected the last run to complete.");
}

/** Outputs as they are, and errors by their codes. */
function withCodes(slots: readonly unknown[]): unknown[] {
  return slots.map((slot) => (slot instanceof Error ? codeOf(slot) : slot));
}

/** Found by chance: rows that are missing for good, and outages between the reads of those that are there. */
const FOUND: [Fate[], number[], number[], number[]] = [
  [{ durationMs: 0, worksOn: (id) => id !== "0" }],
  [],
  [13, 6, 2, 20, 23],
  [2],
];

const EXPECTED = INPUTS.map((input) => (input.includes("bad") ? "invalid_input" : answerOf(input)));

describe("P40 a process that is killed", () => {
  it("at any of its steps creates no job twice, and loses nothing", async () => {
    // Every step of a run without crashes is one to crash at, and a second crash while it recovers.
    for (let first = 0; first < 40; first++) {
      const clock = new FakeClock();
      const provider = new FakeProvider({ clock, caps: { lines: 3, inputsPerLine: 2 } });
      expect(withCodes(await throughCrashes(provider, clock, [first, first % 7]))).toEqual(EXPECTED);
      expect(provider.jobs.length, `crash at step ${first}`).toBe(3);
    }
  });

  it(
    "gives one right outcome for each input through any faults and crashes",
    async () => {
      const fate = fc.record<Fate>(
        {
          durationMs: fc.constantFrom(0, 1000, 60_000),
          end: fc.constantFrom("completed", "expired", "refused"),
          worksOn: fc.constantFrom(
            (id: string) => id !== "0",
            () => true,
          ),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fate, { maxLength: 4 }),
          fc.array(fc.nat(60), { maxLength: 4 }),
          fc.uniqueArray(fc.nat(30), { maxLength: 8 }),
          fc.uniqueArray(fc.nat(6), { maxLength: 3 }),
          async (fates, crashes, failing, lost) => {
            const clock = new FakeClock();
            let calls = 0;
            const provider = new FakeProvider({
              clock,
              caps: { lines: 2, inputsPerLine: 2 },
              fate: (job) => fates[job] ?? {},
              trouble: {
                before: () => (failing.includes(calls++) ? outage() : undefined),
                after: ({ kind, number }) => (kind === "create" && lost.includes(number) ? outage() : undefined),
              },
            });
            expect(withCodes(await throughCrashes(provider, clock, crashes))).toEqual(EXPECTED);
            expect(needless(provider)).toEqual([]);
          },
        ),
        { numRuns: RUNS, seed: SEED, examples: [FOUND] },
      );
    },
    60_000 + RUNS * 30,
  );
});

/** Jobs of the same lines as another one that did all it was asked. */
function needless(provider: FakeProvider): string[] {
  const whole = provider.jobs.filter(({ lines, fate: { end = "completed", worksOn = () => true } }) => {
    return end === "completed" && lines.every((line) => worksOn(line.id));
  });
  const keys = whole.map((job) => JSON.stringify(job.lines));
  return keys.filter((key, index) => keys.indexOf(key) < index);
}
