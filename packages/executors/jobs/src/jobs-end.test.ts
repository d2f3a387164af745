import type { Completed } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { type Offline, offline } from "./offline.ts";
import { answerOf, FakeProvider } from "./testing/fake-provider.ts";

const INPUTS = ["a", "b", "c", "d", "bad e", "f"];

/** Jobs of two lines each, of which each takes an hour longer than the one before. */
function world(): {
  readonly clock: FakeClock;
  readonly provider: FakeProvider;
  readonly jobs: Offline<string, string>;
} {
  const clock = new FakeClock();
  const fate = (job: number): { durationMs: number } => ({ durationMs: (job + 1) * 3_600_000 });
  const provider = new FakeProvider({ clock, caps: { lines: 2 }, fate });
  return { clock, provider, jobs: offline(provider.runnable(), { store: memoryStore(), clock }) };
}

it("gives each job's outcomes when it has ended, and each input one", async () => {
  const { clock, jobs, provider } = world();
  const seen: (readonly [index: number, hours: number])[] = [];
  const read = async (): Promise<void> => {
    for await (const { index } of jobs.batchAsJobsEnd(INPUTS)) seen.push([index, Math.floor(clock.now() / 3_600_000)]);
  };
  await clock.run(read());
  expect(seen.map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(seen.map(([, hours]) => hours)).toEqual([1, 1, 2, 2, 3, 3]);
  expect(provider.jobs).toHaveLength(3);
});

it("P40 left after any outcome, the same inputs give all of them again, of the same jobs; once all were used, of new ones", async () => {
  const { clock, jobs, provider } = world();
  const read = async (most: number): Promise<unknown[]> => {
    const values: unknown[] = [];
    for await (const each of jobs.batchAsJobsEnd(INPUTS)) {
      values[each.index] = each.status === "fulfilled" ? each.value : each.reason.name;
      if (Object.keys(values).length === most) break;
    }
    return values;
  };
  for (let most = 1; most <= INPUTS.length; most++) {
    expect(Object.keys(await clock.run(read(most)))).toHaveLength(most);
    expect(provider.jobs).toHaveLength(3);
  }
  const all = INPUTS.map((input) => (input.startsWith("bad") ? "InputError" : answerOf(input)));
  expect(await clock.run(read(Infinity))).toEqual(all);
  expect(provider.jobs).toHaveLength(3);
  expect(await clock.run(read(Infinity))).toEqual(all);
  expect(provider.jobs).toHaveLength(6);
});

it("ends at once when it is left while it waits, and begins with the first wish", async () => {
  const { clock, jobs, provider } = world();
  const idle = jobs.batchAsJobsEnd(INPUTS);
  expect(await idle.return?.()).toEqual({ value: undefined, done: true });
  expect(provider.jobs).toHaveLength(0);
  const outcomes = jobs.batchAsJobsEnd(INPUTS);
  const first = outcomes.next();
  await clock.advance(60_000);
  await outcomes.return?.();
  expect(await first).toEqual({ value: undefined, done: true });
  expect(clock.now()).toBe(60_000);
});

it("reads one job's rows after another's", async () => {
  const clock = new FakeClock();
  const provider = new FakeProvider({ clock, caps: { lines: 2 } });
  let reading = 0;
  let most = 0;
  const jobs = offline(
    provider.runnable((backend) => ({
      ...backend,
      async *rows(...args) {
        most = Math.max(most, ++reading);
        yield* backend.rows(...args);
        reading--;
      },
    })),
    { store: memoryStore(), clock },
  );
  expect(await clock.run(jobs.batch(["a", "b", "c", "d", "e", "f"]))).toHaveLength(6);
  expect(most).toBe(1);
});

it("P15 a download that hangs holds no other job's results back", async () => {
  const clock = new FakeClock();
  const provider = new FakeProvider({ clock, caps: { lines: 2 } });
  const hanging = Promise.withResolvers<void>();
  const jobs = offline(
    provider.runnable((backend) => ({
      ...backend,
      async *rows(...args) {
        if (args[0] === "job-0") await hanging.promise;
        yield* backend.rows(...args);
      },
    })),
    { store: memoryStore(), clock },
  );
  const outcomes = jobs.batchAsJobsEnd(["a", "b", "c", "d", "e", "f"]);
  const inputs: string[] = [];
  const readTo = async (count: number): Promise<void> => {
    while (inputs.length < count) inputs.push(((await outcomes.next()).value as Completed<string, string>).input);
  };
  await clock.run(readTo(4));
  expect(inputs.toSorted()).toEqual(["c", "d", "e", "f"]);
  hanging.resolve();
  await clock.run(readTo(6));
  expect(inputs.toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
});
