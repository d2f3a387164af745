import { codeOf, ProviderError, type ProviderErrorOptions, TimeoutError } from "@batchwise/core";
import { FakeClock, failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { JobLeftError } from "./errors.ts";
import type { JobEvent } from "./job-event.ts";
import { memoryStore } from "./memory-store.ts";
import { type Offline, offline } from "./offline.ts";
import type { OfflineOptions } from "./options.ts";
import type { JobStore } from "./store.ts";
import { FakeProvider, type FakeProviderOptions, outage } from "./testing/fake-provider.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface World {
  readonly clock: FakeClock;
  readonly provider: FakeProvider;
  readonly store: JobStore;
  readonly jobs: Offline<string, string>;
}

type Trouble = NonNullable<FakeProviderOptions["trouble"]>["before"];

function world(before: Trouble, options: Partial<OfflineOptions> = {}, more: Partial<FakeProviderOptions> = {}): World {
  const clock = new FakeClock();
  const provider = new FakeProvider({ clock, ...(before === undefined ? {} : { trouble: { before } }), ...more });
  const store = memoryStore();
  return { clock, provider, store, jobs: offline(provider.runnable(), { store, clock, ...options }) };
}

function refusal(status: number, more: Partial<ProviderErrorOptions> = {}): ProviderError {
  return new ProviderError(`Expected an answer, got status ${status}.`, { status, retryable: false, ...more });
}

const refusals: readonly (readonly [name: string, error: ProviderError])[] = [
  // anthropics/anthropic-sdk-python#1432: a second after it was created, in between, and its results after its end.
  ["404, as if it were unknown", refusal(404)],
  ["401 of one machine", refusal(401, { code: "authentication" })],
  ["403 of a firewall", refusal(403, { code: "authentication" })],
  ["400", refusal(400, { code: "invalid_argument" })],
  ["an unknown status", refusal(470, { code: "invalid_input" })],
  ["500", outage()],
];

describe("P45 a job that is paid is not given up for a refusal", () => {
  test.for(refusals)("%s to a poll", async ([, error]) => {
    const { clock, provider, jobs } = world(({ kind, number }) =>
      kind === "poll" && number % 2 === 0 ? error : undefined,
    );
    expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
    expect(provider.jobs).toHaveLength(1);
  });

  test.for(refusals)("%s to reading its rows", async ([, error]) => {
    const { clock, provider, jobs } = world(({ kind, number }) => (kind === "rows" && number < 3 ? error : undefined));
    expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
    expect(provider.jobs).toHaveLength(1);
  });

  test.for(refusals.filter(([, { status }]) => status !== 404))(
    "%s for good: an error that says so, and the same batch resumes the job",
    async ([, error]) => {
      let isOver = false;
      const { clock, provider, jobs } = world(({ kind, number }) =>
        kind === "poll" && number > 0 && !isOver ? error : undefined,
      );
      const failure = await failureOf(clock.run(jobs.batch(["a", "b"])));
      const { cause } = failure as { cause?: unknown };
      expect(JobLeftError.isInstance(cause)).toBe(true);
      expect(cause).toMatchObject({ status: error.status, cause: error });
      expect((cause as Error).message).toContain("The job is kept: run the same batch with the same store");
      expect(clock.now()).toBeLessThan(HOUR_MS);
      await jobs.close();
      isOver = true;
      expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
      expect(provider.jobs).toHaveLength(1);
    },
  );

  // docs.litellm.ai/docs/providers/mistral_batches: batches can be created and retrieved, and not listed yet.
  test.for([404, 405, 501])("no list of jobs (%i): one whose answer was lost is created again", async (status) => {
    let isLost = true;
    const { clock, provider, jobs } = world(
      undefined,
      {},
      {
        trouble: {
          before: ({ kind }) => (kind === "find" ? refusal(status, { retryable: status >= 500 }) : undefined),
          after: ({ kind }) => {
            if (kind !== "create" || !isLost) return undefined;
            isLost = false;
            return outage();
          },
        },
      },
    );
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(2);
  });

  test("404 for good: it is made anew, once", async () => {
    const { clock, provider, jobs } = world(({ kind, number }) =>
      kind === "rows" && number < 8 ? refusal(404) : undefined,
    );
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(2);
  });

  test("an outage while its note is looked for after a crash forgets nothing", async () => {
    const isOut = { create: true, find: true };
    const { clock, provider, jobs } = world(
      undefined,
      { attempts: 2 },
      {
        trouble: {
          before: ({ kind }) => (kind === "find" && isOut.find ? refusal(403, { code: "authentication" }) : undefined),
          after: ({ kind }) => (kind === "create" && isOut.create ? outage() : undefined),
        },
      },
    );
    await failureOf(clock.run(jobs.batch(["a"])));
    await jobs.close();
    isOut.find = false;
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(1);
  });
});

describe("P44, P45 waits", () => {
  test.for(["poll", "rows", "find"] as const)("of a day are bounded for work that is paid (%s)", async (asked) => {
    const day = new ProviderError("Later.", {
      code: "rate_limited",
      status: 429,
      retryable: true,
      retryAfterMs: 24 * HOUR_MS,
    });
    let isLost = true;
    const { clock, provider, jobs } = world(
      undefined,
      {},
      {
        trouble: {
          before: ({ kind, number }) => (kind === asked && number < 2 && asked !== "find" ? day : undefined),
          after: ({ kind }) => {
            if (kind !== "create" || asked !== "find" || !isLost) return undefined;
            isLost = false;
            return outage();
          },
        },
      },
    );
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.jobs).toHaveLength(1);
    expect(clock.now()).toBeLessThan(HOUR_MS);
  });

  test("that a state asks for are bounded, too", async () => {
    const { clock, jobs } = world(undefined, {}, { pollAfterMs: 24 * HOUR_MS });
    expect(await clock.run(jobs.batch(["a"], { retry: { maxRetryAfterMs: 90_000 } }))).toEqual(["A"]);
    expect(clock.now()).toBeLessThan(4 * MINUTE_MS);
  });

  test("of a day for a job that does not exist yet: the wait that was asked, at once", async () => {
    const day = new ProviderError("Later.", {
      code: "rate_limited",
      status: 429,
      retryable: true,
      retryAfterMs: 24 * HOUR_MS,
    });
    const { clock, jobs } = world(({ kind }) => (kind === "create" ? day : undefined));
    const [slot] = await clock.run(jobs.batch(["a"], { returnExceptions: true }));
    expect(slot).toMatchObject({ code: "rate_limited", retryAfterMs: 24 * HOUR_MS });
    expect(clock.now()).toBeLessThan(MINUTE_MS);
  });

  test("of nothing do not switch our own off", async () => {
    const now = new ProviderError("Later.", { code: "rate_limited", status: 429, retryable: true, retryAfterMs: 0 });
    const { clock, provider, jobs } = world(({ kind }) => (kind === "poll" ? now : undefined));
    await clock.run(jobs.batch(["a"], { returnExceptions: true }));
    expect(provider.calls.poll).toBe(12);
    expect(clock.now()).toBeGreaterThan(10 * MINUTE_MS);
  });
});

test("P50 a job that is refused when it is created, because too many tokens wait, is created later", async () => {
  const full = refusal(400, { code: "rate_limited", providerCode: "token_limit_exceeded", retryable: true });
  const { clock, provider, jobs } = world(({ kind, number }) => (kind === "create" && number < 40 ? full : undefined));
  expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
  expect(provider.jobs).toHaveLength(1);
});

test("P50 a budget that is spent ends it at once, and keeps the jobs that are paid", async () => {
  const spent = refusal(400, { code: "quota_exceeded", providerCode: "billing_hard_limit_reached" });
  let isSpent = true;
  const { clock, provider, jobs } = world(
    ({ kind, number }) => (kind === "create" && number > 0 && isSpent ? spent : undefined),
    {},
    { caps: { lines: 1 }, fate: () => ({ durationMs: HOUR_MS }) },
  );
  expect(codeOf(((await failureOf(clock.run(jobs.batch(["a", "b"])))) as Error).cause)).toBe("quota_exceeded");
  expect(clock.now()).toBeLessThan(MINUTE_MS);
  await jobs.close();
  isSpent = false;
  expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
  expect(provider.timesSent("a")).toBe(1);
});

describe("P42 maxWaitMs holds while the provider fails", () => {
  const failing: readonly (readonly [name: string, before: NonNullable<Trouble>])[] = [
    ["creating", ({ kind }) => (kind === "create" ? outage() : undefined)],
    ["creating, and looking for it", ({ kind }) => (kind === "create" || kind === "find" ? outage() : undefined)],
    ["polling", ({ kind }) => (kind === "poll" ? outage() : undefined)],
    ["reading", ({ kind }) => (kind === "rows" ? outage() : undefined)],
    ["polling and canceling", ({ kind }) => (kind === "poll" || kind === "cancel" ? outage() : undefined)],
    ["everything", () => outage()],
  ];

  test.for(failing)("%s: a TimeoutError after a second", async ([, before]) => {
    const { clock, jobs } = world(before, { maxWaitMs: 1000, pollMs: 300 }, { fate: () => ({ durationMs: 500 }) });
    const [slot] = await clock.run(jobs.batch(["a"], { returnExceptions: true }));
    expect(TimeoutError.isInstance(slot)).toBe(true);
    expect(clock.now()).toBe(1000);
  });

  test.for(failing)('%s: fallback "live" after a second', async ([, before]) => {
    const { clock, jobs, provider } = world(
      before,
      { maxWaitMs: 1000, fallback: "live", pollMs: 300 },
      { fate: () => ({ durationMs: 500 }) },
    );
    expect(await clock.run(jobs.batch(["a", "b"]))).toEqual(["A", "B"]);
    expect(provider.live.toSorted()).toEqual(["a", "b"]);
    expect(clock.now()).toBeLessThan(5000);
  });

  test.for(["create", "find", "poll", "rows", "cancel"] as const)("a %s that is never answered", async (silent) => {
    const clock = new FakeClock();
    const provider = new FakeProvider({ clock, fate: () => ({ durationMs: silent === "rows" ? 500 : 1e9 }) });
    const never = <T>({ signal }: { readonly signal?: AbortSignal }): Promise<T> =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    const live = provider.runnable((backend) => ({
      ...backend,
      ...(silent === "create" ? { create: (_lines, _tag, options) => never(options) } : {}),
      ...(silent === "find" ? { find: (_tag, options) => never(options), create: () => Promise.reject(outage()) } : {}),
      ...(silent === "poll" ? { poll: (_id, options) => never(options) } : {}),
      ...(silent === "cancel" ? { cancel: (_id, options) => never(options) } : {}),
      async *rows(...args) {
        if (silent === "rows") await never(args[2]);
        yield* backend.rows(...args);
      },
    }));
    const jobs = offline(live, { store: memoryStore(), clock, maxWaitMs: 1000, fallback: "live", pollMs: 300 });
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.live).toEqual(["a"]);
    expect(clock.now()).toBeLessThan(12_000);
  });
});

describe("P53 a job that never ends comes to an end", () => {
  test("after three days it is left, with an error that says so, and not created again", async () => {
    const events: JobEvent[] = [];
    let isDone = false;
    const { clock, provider, jobs } = world(
      undefined,
      { onJob: (event) => void events.push(event) },
      { fate: () => ({ durationMs: 1000 * HOUR_MS, worksOn: () => isDone }) },
    );
    const [slot] = await clock.run(jobs.batch(["a"], { returnExceptions: true }));
    expect(slot).toMatchObject({ name: "JobLeftError", providerCode: "overdue" });
    expect(clock.now()).toBeGreaterThan(72 * HOUR_MS);
    expect(clock.now()).toBeLessThan(73 * HOUR_MS);
    expect(provider.jobs).toHaveLength(1);
    await jobs.close();
    await clock.advance(1000 * HOUR_MS);
    isDone = true;
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(events.some(({ type }) => type === "reattached")).toBe(true);
  });

  test("what it has written after three days is kept, and the rest of it is left", async () => {
    const fate = { durationMs: 1000 * HOUR_MS, worksOn: (id: string) => id === "0" };
    const { clock, provider, jobs } = world(undefined, {}, { fate: () => fate });
    const slots = await clock.run(jobs.batch(["a", "b"], { returnExceptions: true }));
    expect(slots).toEqual(["A", expect.any(JobLeftError)]);
    expect(provider.jobs).toHaveLength(1);
  });

  test("one that does not take its cancellation is done live", async () => {
    const { clock, provider, jobs } = world(
      undefined,
      { maxWaitMs: 1000, fallback: "live" },
      { fate: () => ({ durationMs: 1e9 }) },
    );
    Object.defineProperty(provider, "backend", {
      value: () => ({ ...FakeProvider.prototype.backend.call(provider), cancel: () => Promise.resolve() }),
    });
    expect(await clock.run(jobs.batch(["a"]))).toEqual(["A"]);
    expect(provider.live).toEqual(["a"]);
    expect(clock.now()).toBeLessThan(12 * MINUTE_MS);
  });
});

describe("P53 rows that can be read are kept", () => {
  test("a file that is always cut at the same place: the others are sent again", async () => {
    const cut = new ProviderError("Cut.", { code: "network_error", retryable: true });
    const { clock, provider, jobs } = cutAt(2, cut, (job) => job === 0);
    expect(await clock.run(jobs.batch(["a", "b", "c"]))).toEqual(["A", "B", "C"]);
    expect(provider.jobs.map((job) => job.lines.length)).toEqual([3, 1]);
    // Waits of 1 to 64 s before the file is given up, two polls of each job: the jitter gives 228 to 330 s.
    expect(clock.now()).toBeLessThan(6 * MINUTE_MS);
  });

  test("a file that cannot be read on: its rows are there, the others' error says that the job is kept", async () => {
    let reads = 0;
    const { clock, provider, jobs } = cutAt(
      () => 1 + (reads++ % 2),
      refusal(403, { code: "invalid_input" }),
      () => true,
    );
    const slots = await clock.run(jobs.batch(["a", "b", "c"], { returnExceptions: true }));
    expect(slots.filter((slot) => typeof slot === "string")).toHaveLength(2);
    expect(slots.filter((slot) => JobLeftError.isInstance(slot))).toHaveLength(1);
    expect(provider.jobs).toHaveLength(1);
  });
});

/** A provider whose jobs' rows break off. */
function cutAt(rows: number | (() => number), error: Error, isCut: (job: number) => boolean): World {
  const made = world(undefined);
  const live = made.provider.runnable((backend) => ({
    ...backend,
    async *rows(id, inputsOf, options) {
      let left = typeof rows === "number" ? rows : rows();
      for await (const row of backend.rows(id, inputsOf, options)) {
        if (left-- === 0 && isCut(Number(id.slice(4)))) throw error;
        yield row;
      }
    },
  }));
  return { ...made, jobs: offline(live, { store: made.store, clock: made.clock }) };
}
