import {
  bulkRunnable,
  type FinishReport,
  type Progress,
  ProviderError,
  rateLimiter,
  runnable,
  sleep,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../latency/random.ts";
import { range } from "../regressions/held-backend.ts";
import { BulkServer, type BulkWays } from "./servers.ts";

interface Ran {
  readonly server: BulkServer;
  readonly slots: readonly (number | Error)[];
  readonly seconds: number;
  readonly report: FinishReport | undefined;
}

/** Sends so many inputs in requests of 512, five at a time, with the retries of every adapter. */
async function send(
  count: number,
  ways: BulkWays,
  { maxInputs = 512, timeoutMs }: { maxInputs?: number; timeoutMs?: number } = {},
): Promise<Ran> {
  const clock = new FakeClock();
  const server = new BulkServer(clock, ways);
  const limiter = rateLimiter({ concurrency: 5, clock });
  const retry = { attempts: 6 };
  const subject =
    maxInputs === 1
      ? runnable(async (input: number, options) => (await server.answer([input], options))[0] as number, {
          maxConcurrency: 5,
          retry,
          limiter,
        })
      : bulkRunnable(server.answer, { request: { maxInputs }, maxConcurrency: 5, retry, timeoutMs, limiter });
  let report: FinishReport | undefined;
  const slots = await clock.run(
    subject.batch(range(count), {
      clock,
      returnExceptions: true,
      random: () => 0.5,
      onFinish: (last) => (report = last),
    }),
  );
  return { server, slots, seconds: clock.now() / 1000, report };
}

const errorsIn = (slots: readonly unknown[]): number[] =>
  slots.flatMap((slot, index) => (slot instanceof Error ? [index] : []));

describe("P41 what a server fails at again and again is split where others pass", () => {
  it.for([0, 77, 300, 511])("one text of 512, number %i, makes each request a 500", async (bad) => {
    const { server, slots } = await send(512, { bad: [bad] });
    expect(errorsIn(slots)).toEqual([bad]);
    expect(server.calls).toBeLessThanOrEqual(40);
  });

  it.for([
    [100, 400],
    [255, 256],
    [0, 1, 2],
  ])("texts %i and %i of 512 do so", async (bad) => {
    const { server, slots } = await send(512, { bad });
    expect(errorsIn(slots)).toEqual(bad);
    expect(server.calls).toBeLessThanOrEqual(bad.length * 40);
  });

  it("a bad text among 20 requests costs the others nothing", async () => {
    const { server, slots } = await send(20 * 512, { bad: [3000] });
    expect(errorsIn(slots)).toEqual([3000]);
    expect(server.calls).toBeLessThanOrEqual(20 + 40);
  });

  it("each request of more than 64 inputs is a 500", async () => {
    const { server, slots } = await send(512, { most: 64 });
    expect(slots).toEqual(range(512));
    expect(server.calls).toBeLessThanOrEqual(40);
  });

  it("the size that passes is kept for the run", async () => {
    const { server, slots } = await send(20 * 512, { most: 64 });
    expect(slots).toEqual(range(20 * 512));
    expect(server.calls).toBeLessThanOrEqual(1.8 * 160);
  });

  it("a call outlasts its timeout at 2,048 inputs and not at 256", async () => {
    const { server, slots, seconds } = await send(
      3 * 2048,
      { latencyMs: 0, msEach: 10 },
      { maxInputs: 2048, timeoutMs: 10_000 },
    );
    expect(slots).toEqual(range(3 * 2048));
    expect(server.calls).toBeLessThan(40);
    expect(seconds).toBeLessThan(70);
  });
});

describe("P42 an outage is waited for", () => {
  it.for([1, 512])("from second 5 to 95 none is lost, in requests of %i", async (maxInputs) => {
    const count = maxInputs === 1 ? 2000 : 200_000;
    const { server, slots, seconds } = await send(count, { down: { from: 5000, until: 95_000 } }, { maxInputs });
    expect(slots).toEqual(range(count));
    expect(server.asked).toBeLessThan(25);
    expect(seconds).toBeGreaterThan(95);
    expect(seconds).toBeLessThan(190);
  });

  it.for([1, 512])("from the start for 90 s none is lost, in requests of %i", async (maxInputs) => {
    const { server, slots } = await send(600, { down: { from: 0, until: 90_000 } }, { maxInputs });
    expect(slots).toEqual(range(600));
    expect(server.asked).toBeLessThan(20);
  });

  it.for([1, 512])(
    "a run in which nothing gets through ends after two minutes with one error, in requests of %i",
    async (maxInputs) => {
      const { server, slots, seconds, report } = await send(
        5000,
        { down: { from: 0, until: Infinity } },
        { maxInputs },
      );
      expect(new Set(slots).size).toBe(1);
      expect(String(slots[0])).toContain("within 120 s, got none (network_error). Check the address");
      expect(server.calls).toBeLessThanOrEqual(20);
      expect(seconds).toBeLessThan(155);
      expect(report?.status).toBe("stopped");
    },
  );

  it.for([3, 4])(
    "the last input is not lost in one, though it has failed %i times by chance before",
    async (failures) => {
      const clock = new FakeClock();
      let calls = 0;
      let goneUntil = Infinity;
      const subject = runnable(
        async (input: number) => {
          await new Promise<void>((resolve) => clock.after(100, resolve));
          if (input > 0) return input;
          if (calls++ < failures) throw new ProviderError("Unavailable.", { status: 503, retryable: true });
          if (goneUntil === Infinity) goneUntil = clock.now() + 90_000;
          if (clock.now() < goneUntil) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
          return input;
        },
        { maxConcurrency: 5, retry: { attempts: 6 }, limiter: rateLimiter({ concurrency: 5, clock }) },
      );
      const slots = await clock.run(subject.batch(range(40), { clock, returnExceptions: true, random: () => 0.5 }));
      expect(slots).toEqual(range(40));
    },
  );

  it("an outage that does not end ends the run after 15 minutes", async () => {
    const { server, slots, seconds } = await send(5000, { down: { from: 5000, until: Infinity } }, { maxInputs: 1 });
    const failed = errorsIn(slots);
    expect(failed.length).toBeGreaterThan(4000);
    expect(new Set(failed.map((index) => slots[index])).size).toBe(1);
    expect(seconds).toBeLessThan(5 + 900 + 35);
    expect(server.asked).toBeLessThan(60);
  });

  it("three prompts of 20 that always fail do not hold up the run", async () => {
    const { slots, seconds } = await send(20, { bad: [3, 9, 18] }, { maxInputs: 1 });
    expect(errorsIn(slots)).toEqual([3, 9, 18]);
    expect(seconds).toBeLessThan(60);
  });

  it("the progress says since when and until when is waited, each second", async () => {
    const clock = new FakeClock();
    const server = new BulkServer(clock, { down: { from: 2000, until: 60_000 } });
    const subject = bulkRunnable(server.answer, { request: { maxInputs: 10 }, retry: { attempts: 6 } });
    const told: Progress[] = [];
    await clock.run(subject.batch(range(2000), { clock, onProgress: (progress) => told.push(progress) }));
    const waiting = told.filter(({ outage }) => outage !== undefined);
    expect(waiting.length).toBeGreaterThan(55);
    for (const { elapsedMs, outage } of waiting) {
      expect(outage?.since).toBeLessThan(2200);
      expect(outage?.until).toBeGreaterThan(elapsedMs - 200);
    }
    const gaps = told.map(({ elapsedMs }, at) => elapsedMs - (told[at - 1]?.elapsedMs ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1000);
    expect(told.at(-1)?.outage).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it.for(["signal", "drain"] as const)("a %s in the middle of it ends the run at once", async (name) => {
    const clock = new FakeClock();
    const server = new BulkServer(clock, { down: { from: 2000, until: Infinity } });
    const subject = bulkRunnable(server.answer, { request: { maxInputs: 10 }, retry: { attempts: 6 } });
    const controller = new AbortController();
    clock.after(200_000, () => controller.abort(new Error("enough")));
    let report: FinishReport | undefined;
    const onFinish = (last: FinishReport): unknown => (report = last);
    const options = { clock, [name]: controller.signal, onFinish, returnExceptions: true };
    await clock.run(subject.batch(range(2000), options).catch(() => undefined));
    expect(clock.now()).toBe(200_000);
    expect(report?.status).toBe(name === "signal" ? "aborted" : "drained");
    expect(report?.fulfilled).toBeGreaterThan(500);
    expect(clock.pending).toBe(0);
  });
});

it.for([0.1, 0.2, 0.3, 0.4, 0.5])(
  "P42 a provider that fails %d of all calls at random loses no input, and one that is bad is given up",
  async (share) => {
    const clock = new FakeClock();
    const random = seededRandom(7);
    let calls = 0;
    const subject = runnable(
      async (input: number) => {
        calls++;
        await sleep(100 + 100 * random(), clock);
        if (input === 1234 || random() < share) throw new ProviderError("no", { status: 503, retryable: true });
        return input;
      },
      { maxConcurrency: 20, retry: { attempts: 6 }, limiter: rateLimiter({ clock }) },
    );
    const slots = await clock.run(subject.batch(range(20_000), { clock, random, returnExceptions: true }));
    expect(errorsIn(slots)).toEqual([1234]);
    expect(calls).toBeLessThan((20_000 / (1 - share)) * 1.05 + 100);
  },
);

// A row of a batch file that was not worked on, or whose own status is 500, is an error in its slot; its neighbors are answered.
it.for([0.1, 0.3])("P41 of bulk answers in which %d of the slots fail for a while, no input is lost", async (share) => {
  const clock = new FakeClock();
  const random = seededRandom(3);
  const subject = bulkRunnable<number, number>(
    async (inputs) => {
      await sleep(100 + 100 * random(), clock);
      const failed = new ProviderError("no", { status: 500, retryable: true });
      return inputs.map((input) => (random() < share ? failed : input));
    },
    { maxConcurrency: 5, request: { maxInputs: 20 }, retry: { attempts: 8 }, limiter: rateLimiter({ clock }) },
  );
  const slots = await clock.run(subject.batch(range(5000), { clock, random, returnExceptions: true }));
  expect(errorsIn(slots)).toEqual([]);
});

// A search over mixed profiles: text-embeddings-inference answers 424 where its backend fails, and 413 to a text that is too long.
it("P41 a request is split though single inputs of it have only brought other errors", async () => {
  const clock = new FakeClock();
  const odd = new Map([
    [0, new ProviderError("no", { status: 424, retryable: true })],
    [17, new ProviderError("no", { code: "request_too_large", status: 413, retryable: false })],
  ]);
  const limited = [1, 2].map(() => new ProviderError("no", { code: "rate_limited", status: 429, retryable: true }));
  let calls = 0;
  const subject = bulkRunnable<number, number>(
    async (inputs) => {
      calls++;
      await sleep(350, clock);
      if (inputs.length > 1 && odd.size === 1) {
        const refusal = limited.pop();
        if (refusal !== undefined) throw refusal;
      }
      if (inputs.includes(13)) throw new ProviderError("no", { status: 500, retryable: true });
      const error = inputs.length === 1 ? odd.get(inputs[0] as number) : undefined;
      if (inputs[0] === 0 && inputs.length === 1) odd.delete(0);
      if (error !== undefined) throw error;
      return inputs;
    },
    { maxConcurrency: 5, request: { maxInputs: 100 }, retry: { attempts: 15 }, limiter: rateLimiter({ clock }) },
  );
  const slots = await clock.run(subject.batch(range(28), { clock, random: () => 0.5, returnExceptions: true }));
  expect(errorsIn(slots)).toEqual([13, 17]);
  expect(calls).toBeLessThanOrEqual(40);
});

// The same search: the input that asks whether an outage is over may be one that the server never answers.
it("P42 an outage ends though the input that asks hangs", async () => {
  const clock = new FakeClock();
  const subject = runnable<number, number>(
    async (input, { signal }) => {
      if (clock.now() < 51_500) throw new ProviderError("no", { status: 503, retryable: true });
      await sleep(input === 0 ? 3_600_000 : 100, clock, signal);
      return input;
    },
    { maxConcurrency: 5, timeoutMs: 600_000, retry: { attempts: 6 }, limiter: rateLimiter({ clock, concurrency: 5 }) },
  );
  const slots = await clock.run(subject.batch(range(4), { clock, random: () => 0.5, returnExceptions: true }));
  expect(errorsIn(slots)).toEqual([0]);
});
