import { FakeClock, failureOf } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { JobStoreError } from "./errors.ts";
import type { JobEvent } from "./job-event.ts";
import { memoryStore } from "./memory-store.ts";
import { offline } from "./offline.ts";
import type { JobStore } from "./store.ts";
import { FakeProvider } from "./testing/fake-provider.ts";

/** Store that has no space for the records that `isFull` names. */
function fullStore(isFull: (record: string) => boolean): JobStore & { hasSpace: boolean } {
  const inner = memoryStore();
  const store = {
    hasSpace: false,
    open: async () => {
      const opened = await inner.open();
      return {
        ...opened,
        append: async (record: string) => {
          if (!store.hasSpace && isFull(record)) throw new JobStoreError("The disk is full.");
          await opened.append(record);
        },
      };
    },
  };
  return store;
}

describe("a store that fails", () => {
  it("before a job is created: no job is created, and every input has the reason", async () => {
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock });
    const jobs = offline(provider.runnable(), { store: fullStore((record) => record.includes("intent")), clock });
    const slots = await clock.run(jobs.batch(["a", "b"], { returnExceptions: true }));
    expect(slots.every((slot) => JobStoreError.isInstance(slot))).toBe(true);
    expect(provider.jobs).toHaveLength(0);
  });

  it("after a job was created: the next batch finds it, and creates no second one", async () => {
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock });
    const store = fullStore((record) => record.includes("created"));
    const jobs = offline(provider.runnable(), { store, clock });
    const [slot] = await clock.run(jobs.batch(["a"], { returnExceptions: true }));
    expect(JobStoreError.isInstance(slot)).toBe(true);
    store.hasSpace = true;
    expect(await clock.run(offline(provider.runnable(), { store, clock }).batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(1);
  });

  it("when everything is done: the outputs are returned, and an event reports it", async () => {
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock });
    const events: JobEvent[] = [];
    const store = fullStore((record) => record.includes("dropped"));
    const jobs = offline(provider.runnable(), { store, clock, onJob: (event) => void events.push(event) });
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(events.at(-1)?.type).toBe("kept");
  });

  it("when it is opened: the batch fails with the store's error, and nothing is sent", async () => {
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock });
    const store = memoryStore();
    const held = await store.open();
    const jobs = offline(provider.runnable(), { store, clock });
    expect(JobStoreError.isInstance(await failureOf(jobs.batch(["a"])))).toBe(true);
    expect(provider.calls.create).toBe(0);
    await held.close();
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
  });

  it("batches of one Runnable that run at once share it, equal inputs included", async () => {
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock });
    const jobs = offline(provider.runnable(), { store: memoryStore(), clock });
    const both = Promise.all([jobs.batch(["a", "a"]), jobs.batch(["a", "a"])]);
    expect(await clock.run(both)).toEqual([
      ["A", "A"],
      ["A", "A"],
    ]);
    expect(provider.jobs).toHaveLength(2);
  });
});
