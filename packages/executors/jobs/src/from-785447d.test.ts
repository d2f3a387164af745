import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock, runOn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { folderStore } from "./folder-store.ts";
import type { JobEvent } from "./job-event.ts";
import { offline } from "./offline.ts";
import { answerOf, FakeProvider } from "./testing/fake-provider.ts";

// The journal of `offline(provider.runnable(), { store: folderStore(...) }).batch(INPUTS)` with the `caps` and `fate`
// below, run by the built package of commit 785447d on the fake provider of that commit. The process ended when job-5
// was there and the answer to its creation was not; its lock is left out. Jobs of four inputs had been refused.
const FIXTURE = new URL("fixtures/from-785447d/", import.meta.url);
const INPUTS = Array.from({ length: 6 }, (_, index) => `text ${index}`);
/** Jobs that the provider had then. */
const JOBS = [
  { id: "job-1", tag: "batchwise-65c3f2ecd40f6b2f-dbaa1532-1cfe", inputs: INPUTS.slice(4) },
  { id: "job-4", tag: "batchwise-5d7dffb5802f78b8-22e5b50c-e22a", inputs: INPUTS.slice(0, 2) },
  { id: "job-5", tag: "batchwise-2d0fdbebfb8a90a7-3dacad98-a52a", inputs: INPUTS.slice(2, 4) },
];

test("opens what commit 785447d wrote: its jobs are resumed, and none is created", async () => {
  const folder = await mkdtemp(join(tmpdir(), "batchwise-jobs-"));
  try {
    await cp(FIXTURE, folder, { recursive: true });
    const clock = new FakeClock();
    const provider = new FakeProvider({
      clock,
      caps: { lines: 4 },
      fate: (_, inputs) => (inputs.length > 2 ? { end: "refused" } : {}),
    });
    for (const { id, tag, inputs } of JOBS) {
      const lines = inputs.map((input, at) => ({ id: String(at), inputs: [input] }));
      provider.jobs.push({ id, tag, lines, bytes: 0, tokens: 0, createdAt: 0, fate: {}, canceledAt: undefined });
    }
    const events: JobEvent[] = [];
    const store = folderStore(folder);
    const jobs = offline(provider.runnable(), { clock, store, onJob: (event) => void events.push(event) });
    expect(await runOn(clock, jobs.batch(INPUTS))).toEqual(INPUTS.map(answerOf));
    expect(provider.calls.create).toBe(0);
    const reattached = events.flatMap((event) => (event.type === "reattached" ? [event.id] : []));
    expect(reattached.toSorted()).toEqual(JOBS.map(({ id }) => id));
    expect(await readFile(join(folder, "journal.jsonl"), "utf8")).toBe('{"schema":1}\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});
