import {
  type BatchError,
  codeOf,
  type FinishReport,
  InputError,
  type JobBackend,
  ResultError,
  runnable,
  TimeoutError,
  type Weight,
} from "@batchwise/core";
import { FakeClock, failureOf } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import type { JobEvent } from "./job-event.ts";
import { memoryStore } from "./memory-store.ts";
import { type Offline, offline } from "./offline.ts";
import type { OfflineOptions } from "./options.ts";
import type { JobStore } from "./store.ts";
import { answerOf, FakeProvider, type FakeProviderOptions, outage } from "./testing/fake-provider.ts";

interface World {
  readonly clock: FakeClock;
  readonly provider: FakeProvider;
  readonly store: JobStore;
  readonly events: JobEvent[];
  readonly jobs: Offline<string, string>;
}

function world(provider: Partial<FakeProviderOptions> = {}, options: Partial<OfflineOptions> = {}): World {
  const clock = new FakeClock();
  const fake = new FakeProvider({ clock, ...provider });
  const store = memoryStore();
  const events: JobEvent[] = [];
  const jobs = offline(fake.runnable(), { store, clock, onJob: (event) => void events.push(event), ...options });
  return { clock, provider: fake, store, events, jobs };
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `text ${index}`);
const answers = (inputs: readonly string[]): string[] => inputs.map(answerOf);

describe("a batch through jobs", () => {
  it("P7 matches rows to inputs by id, in any order", async () => {
    const shuffle = <T>(rows: readonly T[]): T[] => [
      ...rows.filter((_, at) => at % 2 === 1),
      ...rows.filter((_, at) => at % 2 === 0),
    ];
    const { clock, jobs, provider } = world({ caps: { lines: 5 }, fate: () => ({ reshape: shuffle }) });
    const inputs = texts(12);
    expect(await clock.run(jobs.batch(inputs))).toEqual(answers(inputs));
    expect(provider.jobs.map((job) => job.lines.length)).toEqual([5, 5, 2]);
  });

  it("P31 a line of an ended job without a row is not a success: it is sent again, and fails in the end", async () => {
    const { clock, jobs, provider } = world({ fate: () => ({ worksOn: (id) => id !== "0" }) }, { attempts: 2 });
    const [first, second] = await clock.run(jobs.batch(["a", "b"], { returnExceptions: true }));
    expect(first).toSatisfy((error) => codeOf(error) === "provider_error");
    expect(second).toBe("B");
    expect(provider.timesSent("a")).toBe(2);
    expect(provider.timesSent("b")).toBe(1);
  });

  it("P32 keeps the finished rows of a job that expired, and sends only the rest again", async () => {
    const { clock, jobs, provider } = world({
      fate: (job) => (job === 0 ? { end: "expired", worksOn: (id) => id === "1" } : {}),
    });
    expect(await clock.run(jobs.batch(["a", "b", "c"]))).toEqual(["A", "B", "C"]);
    expect(["a", "b", "c"].map((text) => provider.timesSent(text))).toEqual([2, 1, 2]);
  });

  it("P32 keeps the finished rows of a job that failed for good; its reason is that of the rest", async () => {
    const { clock, jobs, provider } = world({ fate: () => ({ end: "failed", worksOn: (id) => id === "1" }) });
    const [first, second] = await clock.run(jobs.batch(["a", "b"], { returnExceptions: true }));
    expect(first).toHaveProperty("providerCode", "invalid_file");
    expect(second).toBe("B");
    expect(provider.jobs).toHaveLength(1);
  });

  it("P33 a rejected or expired row is sent again, `attempts` times in all", async () => {
    const { clock, jobs, provider } = world({ fate: () => ({ lineError: () => outage() }) }, { attempts: 4 });
    const [slot] = await clock.run(jobs.batch(["a"], { returnExceptions: true }));
    expect(slot).toHaveProperty("status", 503);
    expect(provider.timesSent("a")).toBe(4);
  });

  it("P33 sends again only what failed with a retryable error", async () => {
    const { clock, jobs, provider } = world({
      fate: (job) => (job === 0 ? { lineError: ([text]) => (text === "b" ? outage() : undefined) } : {}),
    });
    let report: FinishReport | undefined;
    const outputs = await clock.run(jobs.batch(["a", "b", "c"], { onFinish: (last) => (report = last) }));
    expect(outputs).toEqual(["A", "B", "C"]);
    expect(provider.jobs.map((job) => job.lines.flatMap((line) => line.inputs))).toEqual([["a", "b", "c"], ["b"]]);
    expect(report).toMatchObject({ requests: 2, retries: 1, fulfilled: 3 });
  });

  it("P40 jobs are remembered where `onFinish` could not keep their outcomes", async () => {
    const { clock, jobs, provider } = world({});
    const full = (): never => {
      throw new Error("The disk is full.");
    };
    await expect(clock.run(jobs.batch(["a", "b"], { onFinish: full }))).rejects.toThrow(
      "Expected the batch to run to its end, got",
    );
    expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
    expect(provider.jobs).toHaveLength(1);
  });

  it("P36 a bad input of a line with others fails alone, in one more job", async () => {
    const { clock, jobs, provider } = world({ caps: { inputsPerLine: 4 } });
    const inputs = ["a", "bad", "c", "d", "e", "f"];
    const slots = await clock.run(jobs.batch(inputs, { returnExceptions: true }));
    expect(slots.filter((slot) => !(slot instanceof Error))).toEqual(["A", "C", "D", "E", "F"]);
    expect(slots[1]).toSatisfy((error) => InputError.isInstance(error));
    expect(provider.jobs).toHaveLength(2);
  });

  it("L13 a line with two different rows, or a row of the wrong count, is an error for its own inputs", async () => {
    const { clock, jobs } = world({
      caps: { inputsPerLine: 2 },
      fate: () => ({
        reshape: ([first, second, third]) => [
          first!,
          { ...first!, outcome: ["another", "answer"] },
          { ...second!, outcome: ["only one"] },
          third!,
        ],
      }),
    });
    const slots = await clock.run(jobs.batch(["a", "b", "c", "d", "e"], { returnExceptions: true }));
    expect(slots.slice(0, 4).every((slot) => ResultError.isInstance(slot))).toBe(true);
    expect(slots[4]).toBe("E");
  });

  it("refuses at once what the backend's check refuses, and never sends it", async () => {
    const { clock, jobs, provider } = world({ fate: () => ({ durationMs: 1e9 }) });
    const error = (await failureOf(jobs.batch(["a", "", "c"]))) as BatchError;
    expect(InputError.isInstance(error.cause)).toBe(true);
    expect(clock.now()).toBe(0);
    expect(provider.timesSent("")).toBe(0);
  });

  it("P3 an output of undefined is a success", async () => {
    const { clock, jobs } = world({
      fate: () => ({ reshape: (rows) => rows.map((row) => ({ ...row, outcome: [undefined as never] })) }),
    });
    expect(await clock.run(jobs.batch(["a", "b"]))).toEqual([undefined, undefined]);
  });

  it("L10 every other method goes through jobs", async () => {
    const { clock, jobs, provider } = world();
    const outcomes: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const each of jobs.batchInOrder(texts(3))) outcomes.push(each.status === "fulfilled" && each.value);
    };
    await clock.run(read());
    expect(outcomes).toEqual(answers(texts(3)));
    expect(await clock.run(jobs.invoke("one"))).toBe("ONE");
    const twice = jobs.pipe(runnable((text: string) => `${text}!`));
    expect(await clock.run(twice.batch(["a", "b"]))).toEqual(["A!", "B!"]);
    expect(provider.live).toEqual([]);
  });

  it("takes a lazy source in windows", async () => {
    const { clock, jobs, provider } = world({}, { window: 4 });
    const source = (function* () {
      yield* texts(10);
    })();
    const outcomes: number[] = [];
    const read = async (): Promise<void> => {
      for await (const each of jobs.batchAsCompleted(source)) outcomes.push(each.index);
    };
    await clock.run(read());
    expect(outcomes).toHaveLength(10);
    expect(provider.jobs.map((job) => job.lines.length)).toEqual([4, 4, 2]);
  });
});

describe("the provider's caps", () => {
  it("counts bytes as they are written, newlines and characters of several bytes included", async () => {
    const { clock, jobs, provider } = world({ caps: { bytes: 200 } });
    const inputs = Array.from({ length: 20 }, (_, index) => `é€😀 ${index}`);
    expect(await clock.run(jobs.batch(inputs))).toEqual(answers(inputs));
    expect(Math.max(...provider.jobs.map((job) => job.bytes))).toBeLessThanOrEqual(200);
    expect(provider.jobs.length).toBeGreaterThan(4);
  });

  it("P37 never sends an input whose line is larger than a job", async () => {
    const { clock, jobs, provider } = world({ caps: { bytes: 100 } });
    const slots = await clock.run(jobs.batch(["a", "x".repeat(100), "c"], { returnExceptions: true }));
    expect(slots[1]).toHaveProperty("code", "request_too_large");
    expect([slots[0], slots[2]]).toEqual(["A", "C"]);
    expect(provider.timesSent("x".repeat(100))).toBe(0);
  });

  it("fills a line with at most inputsPerLine inputs and tokensPerLine tokens, a job with at most `inputs`", async () => {
    const { clock, jobs, provider } = world({ caps: { inputsPerLine: 3, tokensPerLine: 10, inputs: 5 } });
    const inputs = ["1", "2", "3", "4", "5 is longer", "6", "7", "8"];
    expect(await clock.run(jobs.batch(inputs))).toEqual(answers(inputs));
    expect(provider.jobs.map((job) => job.lines.map((line) => line.inputs.length))).toEqual([[3, 1, 1], [3]]);
  });

  it("makes jobs of at most maxInputs, and of no more than the provider takes", async () => {
    const { clock, jobs, provider } = world({ caps: { inputsPerLine: 2, inputs: 100 } }, { maxInputs: 5 });
    expect(await jobs.estimateJobs(texts(12))).toMatchObject({ jobs: 3 });
    expect(await clock.run(jobs.batch(texts(12)))).toEqual(answers(texts(12)));
    expect(provider.jobs.map((job) => job.lines.flatMap((line) => line.inputs).length)).toEqual([5, 5, 2]);
    const wide = world({ caps: { inputs: 4 } }, { maxInputs: 6 });
    expect(await wide.jobs.estimateJobs(texts(12))).toMatchObject({ jobs: 3 });
  });

  it("keeps the tokens in unfinished jobs below enqueuedTokens: further jobs wait for one to end", async () => {
    const { clock, jobs, provider } = world({ caps: { lines: 2 } }, { enqueuedTokens: 30 });
    const inputs = texts(10);
    expect(await clock.run(jobs.batch(inputs))).toEqual(answers(inputs));
    const overlapping = provider.jobs.map(({ createdAt }) =>
      provider.jobs
        .filter((other) => other.createdAt <= createdAt && other.createdAt + 60_000 > createdAt)
        .reduce((sum, other) => sum + other.tokens, 0),
    );
    expect(Math.max(...overlapping)).toBeLessThanOrEqual(30);
    expect(Math.max(...overlapping)).toBeGreaterThan(15);
  });

  it("cuts jobs that would hold more than enqueuedTokens", async () => {
    const { clock, jobs, provider } = world({}, { enqueuedTokens: 13 });
    await clock.run(jobs.batch(texts(5)));
    expect(provider.jobs.map((job) => job.lines.length)).toEqual([2, 2, 1]);
  });

  it("creates no more than jobsPerHour jobs in an hour", async () => {
    const { clock, jobs, provider } = world({ caps: { lines: 1, jobsPerHour: 2 } });
    await clock.run(jobs.batch(texts(5)));
    const hours = provider.jobs.map((job) => Math.floor(job.createdAt / 3_600_000));
    expect(hours).toEqual([0, 0, 1, 1, 2]);
  });

  it("a job that was refused for lack of capacity is created again later, and costs none of the attempts", async () => {
    const { clock, jobs, provider, events } = world(
      { fate: (job) => (job < 6 ? { end: "refused" } : {}) },
      { attempts: 1 },
    );
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(7);
    expect(events.filter((event) => event.type === "refused")).toHaveLength(6);
    expect(clock.now()).toBeGreaterThan(30 * 60_000);
  });

  it("a job that is refused though no other one is enqueued is created in parts", async () => {
    const { clock, jobs, provider } = world({
      fate: (_, inputs) => (inputs.length > 2 ? { end: "refused" } : {}),
    });
    const inputs = texts(8);
    expect(await clock.run(jobs.batch(inputs))).toEqual(answers(inputs));
    expect(
      Math.max(
        ...inputs.map(
          (text) =>
            provider.jobs.filter((job) => job.lines.length <= 2 && job.lines.some((line) => line.inputs.includes(text)))
              .length,
        ),
      ),
    ).toBe(1);
  });
});

describe("waiting", () => {
  it("polls after pollMs, then less and less often, up to maxPollMs", async () => {
    const at: number[] = [];
    const { clock, jobs } = world(
      { fate: () => ({ durationMs: 10_000 }) },
      { pollMs: 1000, maxPollMs: 3000, onJob: ({ type }) => void (type === "polled" && at.push(clock.now())) },
    );
    await clock.run(jobs.batch(["a"], { random: () => 0 }));
    expect(at).toEqual([0, 1000, 2500, 4750, 7750, 10_750]);
  });

  it("waits as long as the provider asks", async () => {
    const { clock, jobs, provider } = world({ pollAfterMs: 40_000 }, { pollMs: 10 });
    await clock.run(jobs.batch(["a"]));
    expect(provider.calls.poll).toBe(3);
  });

  it("goes on after calls that failed with a retryable error", async () => {
    const { clock, jobs, provider } = world({
      trouble: { before: ({ kind, number }) => (kind !== "find" && number < 5 ? outage() : undefined) },
    });
    expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
    expect(provider.jobs).toHaveLength(1);
  });

  it("a job whose answer was lost is found by its tag, and not created again", async () => {
    const { clock, jobs, provider } = world({
      trouble: { after: ({ kind, number }) => (kind === "create" && number === 0 ? outage() : undefined) },
    });
    expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
    expect(provider.jobs).toHaveLength(1);
  });

  it("a job that the provider no longer knows is created again", async () => {
    const { clock, jobs, provider } = world();
    const batch = jobs.batch(["a"]);
    await clock.advance(1000);
    provider.jobs[0] = { ...provider.jobs[0]!, id: "lost" };
    expect(await clock.run(batch)).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(2);
  });

  it("maxWaitMs without fallback: a TimeoutError that says the job goes on, and the next batch resumes it", async () => {
    const { clock, provider, store } = world();
    const options = { store, clock } as const;
    const hasty = offline(provider.runnable(), { ...options, maxWaitMs: 10_000 });
    const [slot] = await clock.run(hasty.batch(["a"], { returnExceptions: true }));
    expect(slot).toSatisfy((error) => TimeoutError.isInstance(error));
    expect(slot).toHaveProperty("message", expect.stringContaining("goes on at the provider"));
    expect(clock.now()).toBe(10_000);
    expect(await clock.run(offline(provider.runnable(), options).batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(1);
  });

  it('maxWaitMs with fallback "live": jobs are canceled, finished rows kept, and the rest done live', async () => {
    const { clock, jobs, provider, store } = world(
      { caps: { lines: 2 }, fate: (job) => ({ durationMs: job === 0 ? 60_000 : 1e9 }) },
      { maxWaitMs: 120_000, fallback: "live" },
    );
    const inputs = texts(6);
    expect(await clock.run(jobs.batch(inputs))).toEqual(answers(inputs));
    expect(provider.live.toSorted()).toEqual(inputs.slice(2));
    expect(provider.jobs.map((job) => job.canceledAt)).toEqual([undefined, 120_000, 120_000]);
    expect((await store.open()).records).toEqual(['{"schema":1}']);
  });

  it('fallback "live" also does inputs without a job, and forgets everything', async () => {
    const { clock, jobs, provider, store } = world(
      { caps: { lines: 1 }, fate: () => ({ durationMs: 1e9 }) },
      { enqueuedTokens: 6, maxWaitMs: 1000, fallback: "live" },
    );
    expect(await clock.run(jobs.batch(texts(3)))).toEqual(answers(texts(3)));
    expect(provider.jobs).toHaveLength(1);
    expect((await store.open()).records).toEqual(['{"schema":1}']);
  });

  it("an outage that hides whether the job was created leaves its note to the next batch", async () => {
    let isOut = true;
    const { clock, jobs, provider } = world(
      {
        trouble: {
          before: ({ kind }) => (isOut && kind === "find" ? outage() : undefined),
          after: ({ kind }) => (isOut && kind === "create" ? outage() : undefined),
        },
      },
      { attempts: 1 },
    );
    const [slot] = await clock.run(jobs.batch(["a"], { returnExceptions: true }));
    expect(slot).toHaveProperty("status", 503);
    isOut = false;
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(1);
  });
});

describe("ending early", () => {
  const endless = { fate: () => ({ durationMs: 200_000 }) };

  it("abort stops waiting at once; the jobs go on, and the same batch resumes them", async () => {
    const { clock, jobs, provider, events } = world(endless);
    const controller = new AbortController();
    const batch = failureOf(jobs.batch(["a"], { signal: controller.signal }));
    await clock.advance(20_000);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await batch).toBe(reason);
    expect(clock.now()).toBe(20_000);
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(1);
    expect(provider.calls.cancel).toBe(0);
    expect(events.some((event) => event.type === "reattached")).toBe(true);
  });

  it("close waits until the store is free", async () => {
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock, ...endless });
    const inner = memoryStore();
    let holders = 0;
    const store: JobStore = {
      async open() {
        const opened = await inner.open();
        holders++;
        return {
          ...opened,
          async close() {
            await clock.advance(0);
            await opened.close();
            holders--;
          },
        };
      },
    };
    const jobs = offline(provider.runnable(), { store, clock });
    const controller = new AbortController();
    const batch = failureOf(jobs.batch(["a"], { signal: controller.signal }));
    await clock.advance(20_000);
    controller.abort(new Error("enough"));
    await batch;
    expect(holders).toBe(1);
    await jobs.close();
    expect(holders).toBe(0);
  });

  it("cancelOnAbort cancels them", async () => {
    const { clock, jobs, provider } = world(endless, { cancelOnAbort: true });
    const controller = new AbortController();
    const batch = failureOf(jobs.batch(["a"], { signal: controller.signal }));
    await clock.advance(20_000);
    controller.abort(new Error("enough"));
    await batch;
    await clock.advance(0);
    expect(provider.jobs[0]?.canceledAt).toBe(20_000);
  });

  it("drain creates no further job and waits for those that run", async () => {
    const { clock, jobs, provider } = world({ ...endless, caps: { lines: 1 } }, { enqueuedTokens: 12 });
    const drain = new AbortController();
    const batch = jobs.batch(texts(4), { drain: drain.signal, returnExceptions: true });
    await clock.advance(20_000);
    const reason = new Error("no more");
    drain.abort(reason);
    expect(await clock.run(batch)).toEqual(["TEXT 0", "TEXT 1", reason, reason]);
    expect(provider.jobs).toHaveLength(2);
  });
});

describe("cost", () => {
  const priced = {
    settings: {
      price: { perMillionInputTokens: 1_000_000 },
      weigh: (text: string) => ({ tokens: text.length, outputTokens: 0 }),
    },
    caps: { lines: 1 },
  };

  it("goes by the provider's own prices for jobs, where it has some", async () => {
    const price = { perMillionInputTokens: 1_000_000, batch: { perMillionInputTokens: 250_000 } };
    const { clock, jobs, events } = world({ priceShare: 0.5, settings: { price } });
    let report: FinishReport | undefined;
    await clock.run(jobs.batch(["ab", "cd"], { onFinish: (last) => (report = last) }));
    expect(report?.usage).toMatchObject({ inputTokens: 4, cost: 1 });
    expect(events.at(-1)).toMatchObject({ cost: 1, liveCost: 4 });
    expect(await jobs.estimateJobs(["ab", "cd"])).toMatchObject({ cost: 1, liveCost: 4 });
  });

  it.each([
    ["maxTokens", 13, 2],
    ["maxCost", 13, 2],
    ["maxTokens", 5, 0],
    ["maxTokens", 24, 4],
  ] as const)("%s of %d: no job is created whose estimate does not fit, %d of 4 are", async (cap, most, created) => {
    const { clock, jobs, provider } = world(priced);
    let report: FinishReport | undefined;
    const slots = await clock.run(
      jobs.batch(texts(4), { [cap]: most, returnExceptions: true, onFinish: (last) => (report = last) }),
    );
    expect(provider.jobs).toHaveLength(created);
    expect(report?.usage.inputTokens).toBe(6 * created);
    expect(slots.slice(0, created)).toEqual(answers(texts(created)));
    for (const slot of slots.slice(created)) expect(slot).toMatchObject({ code: "budget_exceeded" });
  });

  it("a cap counts what a job has really used before the next one is created", async () => {
    const wrap = (backend: JobBackend<string, string>): JobBackend<string, string> => ({
      ...backend,
      async *rows(...given) {
        for await (const row of backend.rows(...given)) yield { ...row, inputTokens: 100 };
      },
    });
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock, ...priced });
    const jobs = offline(provider.runnable(wrap), { store: memoryStore(), clock });
    const slots = await clock.run(jobs.batch(texts(4), { maxTokens: 150, maxConcurrency: 1, returnExceptions: true }));
    expect(provider.jobs).toHaveLength(2);
    expect(slots.slice(2)).toMatchObject([{ code: "budget_exceeded" }, { code: "budget_exceeded" }]);
  });

  it('a cap is refused with fallback "live", before anything is sent', async () => {
    const { jobs, provider } = world({}, { fallback: "live", maxWaitMs: 1000 });
    for (const cap of ["maxTokens", "maxCost"]) {
      await expect(jobs.batch(["a"], { [cap]: 5 })).rejects.toThrow(`Expected no \`${cap}\` with \`fallback: "live"\``);
    }
    expect(provider.jobs).toHaveLength(0);
  });

  it("an ended job says how many inputs were answered, failed, and not worked on", async () => {
    const { clock, jobs, events } = world(
      { fate: () => ({ end: "expired", worksOn: (id) => id !== "2" }) },
      { attempts: 1 },
    );
    await clock.run(jobs.batch(["a", "bad", "c", "d"], { returnExceptions: true }));
    expect(events.findLast(({ type }) => type === "ended")).toMatchObject({ inputs: 4, answered: 2, failed: 1 });
  });

  it("reports usage and the jobs' share of the price, and the live price with it", async () => {
    const { clock, jobs, events } = world({
      priceShare: 0.5,
      settings: { price: { perMillionInputTokens: 1_000_000 } },
    });
    let report: FinishReport | undefined;
    await clock.run(jobs.batch(["ab", "cd"], { onFinish: (last) => (report = last) }));
    expect(report?.usage).toMatchObject({ inputTokens: 4, cost: 2 });
    expect(events.at(-1)).toMatchObject({
      type: "ended",
      cost: 2,
      liveCost: 4,
      inputTokens: 4,
      answered: 2,
      failed: 0,
    });
    expect(await jobs.estimateJobs(["ab", "", "cd"])).toEqual({
      inputs: 3,
      jobs: 1,
      lines: 2,
      tokens: 4,
      cost: 2,
      liveCost: 4,
    });
  });

  it("an estimate counts the largest answers at their price, or says that they are unknown", async () => {
    const price = { perMillionInputTokens: 1_000_000, perMillionOutputTokens: 2_000_000 };
    const estimateWith = (outputTokens: number | undefined): Promise<object> => {
      const weigh = (text: string): Weight => ({ tokens: text.length, outputTokens });
      return world({ priceShare: 0.5, settings: { price, weigh } }).jobs.estimateJobs(["ab", "cd"]);
    };
    expect(await estimateWith(10)).toMatchObject({ tokens: 24, outputTokens: 20, cost: 22, liveCost: 44 });
    expect(await estimateWith(undefined)).toMatchObject({ tokens: 4, outputTokens: undefined, cost: 2, liveCost: 4 });
  });

  it("prices what is done live at the full price", async () => {
    const { clock, jobs } = world(
      { priceShare: 0.5, settings: { price: { perMillionInputTokens: 1_000_000 } }, fate: () => ({ durationMs: 1e9 }) },
      { maxWaitMs: 1000, fallback: "live" },
    );
    let report: FinishReport | undefined;
    await clock.run(jobs.batch(["ab"], { onFinish: (last) => (report = last) }));
    expect(report?.usage.cost).toBe(2);
  });
});

describe("options", () => {
  const live = new FakeProvider({ clock: new FakeClock() }).runnable();

  it.each([
    [{}, "Expected `store` to be a store"],
    [{ store: memoryStore(), attempts: 0 }, "Expected `attempts` to be a whole number from 1, got 0."],
    [{ store: {} }, 'Expected `store` to be a store, such as folderStore("jobs"), got an object.'],
    [{ store: memoryStore(), cancelOnAbort: "yes" }, "Expected `cancelOnAbort` to be true or false, got a string."],
    [{ store: memoryStore(), fallback: "live" }, "Expected `maxWaitMs` to be given with `fallback`"],
  ])("%j is refused", (options, message) => {
    expect(() => offline(live, options as never)).toThrow(message);
  });

  it("options that are not an object are refused", () => {
    expect(() => offline(live, undefined as never)).toThrow("Expected `options` to be an object, got undefined.");
  });

  // The words of openai/openai-node, langchain-ai/langchainjs and sindresorhus/p-retry, and misspelled ones.
  it.each([
    ["timeout", "maxWaitMs"],
    ["timeoutMs", "maxWaitMs"],
    ["maxWait", "maxWaitMs"],
    ["pollms", "pollMs"],
    ["pollInterval", "pollMs"],
    ["pollIntervalMs", "pollMs"],
    ["maxPollInterval", "maxPollMs"],
    ["max_poll_ms", "maxPollMs"],
    ["maxRetries", "attempts"],
    ["atempts", "attempts"],
    ["cancelOnAbrot", "cancelOnAbort"],
    ["enqueuedToken", "enqueuedTokens"],
    ["batchSize", "maxInputs"],
    ["folder", "store"],
    ["fallbacks", "fallback"],
  ])("an unknown option is refused, and the one that was meant is named: %s is %s", (name, meant) => {
    const options = { store: memoryStore(), [name]: 1 };
    expect(() => offline(live, options as never)).toThrow(
      `Expected only known options, got \`${name}\`. Did you mean \`${meant}\`?`,
    );
  });

  it.each(["signal", "abortSignal", "verbose", "toString"])("%s comes near to none, so that all are named", (name) => {
    const options = { store: memoryStore(), [name]: true };
    expect(() => offline(live, options as never)).toThrow(
      `Expected only known options, got \`${name}\`. Known: store, attempts, enqueuedTokens, pollMs, `,
    );
  });

  it("a Runnable without jobs is refused", () => {
    expect(() =>
      offline(
        runnable((text: string) => text),
        { store: memoryStore() },
      ),
    ).toThrow("settings.jobs");
  });
});
