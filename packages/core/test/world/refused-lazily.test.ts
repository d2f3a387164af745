import { bulkRunnable, type FinishReport, ProviderError, rateLimiter, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";

const COUNT = 3000;
/** Inputs that are read on beyond L11's bound, to ask five far apart. */
const LEAST_AHEAD = 64;
type Rows = (clock: FakeClock) => Iterable<number> | AsyncIterable<number>;

/** Limits of a request where its inputs are weighed. */
const TOKENS = 50;
const BYTES = 40;

interface Weight {
  readonly tokens: number;
  readonly bytes: number;
}

type Weigh = (input: number) => Weight;

async function* rows(): AsyncGenerator<number> {
  yield* range(COUNT);
}

async function* slowRows(clock: FakeClock, everyMs: number): AsyncGenerator<number> {
  for (let row = 0; ; row++) {
    await new Promise<void>((resolve) => clock.after(everyMs, resolve));
    yield row;
  }
}

const QUICK: Readonly<Record<string, Rows>> = {
  "an iterator": () => range(COUNT).values(),
  "a generator": rows,
  "a stream": () => ReadableStream.from(rows()),
};

interface Ran {
  readonly calls: number;
  readonly failed: readonly number[];
  readonly report: FinishReport | undefined;
  /** Milliseconds of the fake clock. */
  readonly ms: number;
  /** Requests over the limits of weight. */
  readonly heavy: number;
  /** Most inputs that were without an outcome after one was read. */
  readonly unsettled: number;
}

/** Sends rows to a server that refuses those for which `isBad` holds, each call taking 100 ms. */
async function send(
  open: Rows,
  maxConcurrency: number,
  maxInputs: number,
  isBad: (input: number) => boolean,
  weigh?: Weigh,
): Promise<Ran> {
  const clock = new FakeClock();
  const sent = { calls: 0, pulled: 0, settled: 0, unsettled: 0, heavy: 0 };
  const answer = async (inputs: readonly number[]): Promise<readonly number[]> => {
    sent.calls++;
    const weights = inputs.map((each) => weigh?.(each) ?? { tokens: 0, bytes: 0 });
    if (sum(weights, "tokens") > TOKENS || sum(weights, "bytes") > BYTES) sent.heavy++;
    await new Promise<void>((resolve) => clock.after(100, resolve));
    if (inputs.some(isBad)) throw new ProviderError("no", { code: "invalid_input", status: 403, retryable: false });
    return inputs;
  };
  async function* watched(): AsyncGenerator<number> {
    for await (const row of open(clock)) {
      sent.unsettled = Math.max(sent.unsettled, ++sent.pulled - sent.settled);
      yield row;
    }
  }
  const common = { maxConcurrency, retry: { attempts: 6 }, limiter: rateLimiter({ clock }) };
  const limits = weigh === undefined ? {} : { maxTokens: TOKENS, maxBytes: BYTES };
  const subject =
    maxInputs === 1
      ? runnable(async (input: number) => (await answer([input]))[0] as number, common)
      : bulkRunnable(answer, { request: { maxInputs, ...limits }, weigh, ...common });
  let report: FinishReport | undefined;
  const failed: number[] = [];
  const options = { clock, random: () => 0.5, onFinish: (last: FinishReport) => (report = last) };
  const reading = (async () => {
    for await (const { index, status } of subject.batchAsCompleted(watched(), options)) {
      sent.settled++;
      if (status === "rejected") failed.push(index);
    }
  })();
  await clock.run(reading.catch(() => undefined));
  failed.sort((left, right) => left - right);
  return { calls: sent.calls, failed, report, ms: clock.now(), heavy: sent.heavy, unsettled: sent.unsettled };
}

const sum = (weights: readonly Weight[], unit: keyof Weight): number =>
  weights.reduce((total, each) => total + each[unit], 0);

// A gateway's 403 or 400 to a wrong key has no word for it, and is told from a bad row by others, far away.
describe.for(Object.entries(QUICK))("P47 L11 %s of which all is refused", ([, open]) => {
  it.for([
    [1, 1, 10],
    [1, 2, 10],
    [1, 16, 10],
    [1, 512, 10],
    [5, 1, 14],
    [5, 4, 14],
    [5, 16, 14],
    [5, 512, 14],
    [20, 1, 29],
    [20, 2, 29],
    [20, 16, 29],
    [20, 512, 29],
    [100, 1, 109],
    [100, 16, 109],
  ])("costs what is in flight (%i, in requests of %i) and five that are asked: %i calls", async (given) => {
    const [maxConcurrency, maxInputs, most] = given as [number, number, number];
    const { calls, report, unsettled } = await send(open, maxConcurrency, maxInputs, () => true);
    expect(calls).toBeLessThanOrEqual(most);
    expect(report?.status).toBe("stopped");
    expect(unsettled).toBeLessThanOrEqual(2 * maxConcurrency * maxInputs + LEAST_AHEAD);
  });

  it.for([1, 5, 20, 100].flatMap((each) => [1, 16, 512].map((size) => [each, size] as const)))(
    "is not called so where the first 50 are bad, %i in flight, in requests of %i",
    async ([maxConcurrency, maxInputs]) => {
      const { failed, report, unsettled } = await send(open, maxConcurrency, maxInputs, (input) => input < 50);
      expect(failed).toEqual(range(50));
      expect(report?.status).toBe("completed");
      expect(unsettled).toBeLessThanOrEqual(2 * maxConcurrency * maxInputs + LEAST_AHEAD);
    },
  );
});

it.for([7, 40, 2000])(
  "P47 a source that gives a row every %i ms, and never ends, is not waited for",
  async (everyMs) => {
    const { calls, report, ms } = await send(
      (clock) => slowRows(clock, everyMs),
      20,
      1,
      () => true,
    );
    expect(calls).toBeLessThanOrEqual(84);
    expect(report?.status).toBe("stopped");
    expect(ms).toBeLessThanOrEqual(90 * (everyMs + 20));
  },
);

it("P47 what was read ahead goes out within the limits of a request, each row once", async () => {
  const weigh: Weigh = (input) => ({ tokens: 1 + (input % 7), bytes: 1 + (input % 11) });
  const { failed, heavy, report } = await send(rows, 20, 16, (input) => input < 50, weigh);
  expect(failed).toEqual(range(50));
  expect(heavy).toBe(0);
  expect(report?.fulfilled).toBe(COUNT - 50);
});
