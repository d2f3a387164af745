import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { engineParts, type EngineParts, freePermits } from "../../test/engine-parts.ts";
import { HeldBackend, range, turn } from "../../test/regressions/held-backend.ts";
import { bulkRunnable } from "../compose/functions.ts";
import { sleep } from "../contract/clock.ts";
import { InputError, ProviderError } from "../contract/errors.ts";
import type { Demand, RateLimiter, Reservation } from "../contract/rate-limiter.ts";
import type { BatchOptions, Inputs } from "../contract/runnable.ts";
import { WorkerLoop } from "./worker-loop.ts";

const BAD = new InputError("no");
const BUSY = new ProviderError("no", { status: 503, retryable: true });
const REFUSED = new ProviderError("no", { code: "authentication", retryable: false });
const DRAINED = { status: "drained", reason: "closing" } as const;
const PATIENT: BatchOptions = { retry: { attempts: 2, minDelayMs: 100, jitter: 0 } };

interface Working extends EngineParts<number, unknown> {
  readonly loop: WorkerLoop<number, unknown>;
  /** Answers a call with its own inputs, or lets it fail, and lets follow what follows. */
  readonly answer: (call: number, error?: Error) => Promise<void>;
  /** Inputs of the calls so far, in few words. */
  readonly calls: () => string;
  /** Permits that are free. */
  readonly free: () => number;
}

/** Loop over a backend that takes two inputs a call, and two calls at once. It has started. */
async function working(inputs: Inputs<number>, given: BatchOptions = {}, catches: boolean = false): Promise<Working> {
  const backend = new HeldBackend<readonly number[], readonly unknown[]>();
  const subject = bulkRunnable(backend.call, { maxConcurrency: 2 });
  const parts = engineParts<number, unknown>(subject, inputs, { request: { maxInputs: 2 }, ...given });
  const { batch, context, sink } = parts;
  sink.catches = catches;
  const loop = new WorkerLoop(catches ? { ...context, sink } : context);
  batch.start([loop]);
  await turn();
  const answer = (call: number, error?: Error): Promise<void> => {
    if (error === undefined) backend.at(call).answer(backend.at(call).request);
    else backend.at(call).fail(error);
    return turn();
  };
  const calls = (): string => backend.requests.map((request) => request.join("")).join(" ");
  return { ...parts, loop, answer, calls, free: () => freePermits(context.semaphore) };
}

/** Limits that let nothing pass until the batch ends. */
const CLOSED: RateLimiter = {
  reserve: async (_demand, options) => {
    await sleep(1, new FakeClock(), options?.signal);
    return expect.unreachable("A call has passed.");
  },
};

const RESERVATION: Reservation = { settle: () => undefined };
const throws = (): never => {
  throw BAD;
};

it("P15 each worker makes one call after another, and the end of the last one is the end", async () => {
  const { answer, calls, sink, ends, context, free } = await working(range(7));
  expect(calls()).toBe("01 23");
  await answer(1);
  expect([calls(), free()]).toEqual(["01 23 45", 0]);
  await answer(2);
  await answer(3);
  expect([calls(), ends]).toEqual(["01 23 45 6", []]);
  await answer(0);
  expect([sink.slots, ends, free(), context.semaphore.claimants]).toEqual([range(7), [undefined], 2, []]);
});

it("L3 a loop without inputs is over at once", async () => {
  expect((await working([])).ends).toEqual([undefined]);
});

it("P16 P20 a chunk that failed leaves its worker to others, and goes ahead of new work when its time has come", async () => {
  const { answer, calls, clock, sink, ends } = await working(range(8), PATIENT);
  await answer(0, BUSY);
  await clock.advance(100);
  expect(calls()).toBe("01 23 45");
  await answer(1);
  expect(calls()).toBe("01 23 45 01");
  for (const call of [2, 3, 4]) await answer(call);
  expect([calls(), sink.slots, ends]).toEqual(["01 23 45 01 67", range(8), [undefined]]);
});

it("P36 a chunk that one of its inputs makes fail is bisected before the end", async () => {
  const { answer, calls, sink, ends } = await working(range(2));
  await answer(0, BAD);
  await answer(1);
  expect([calls(), ends]).toEqual(["01 0 1", []]);
  await answer(2, BAD);
  expect([sink.slots, sink.rejected, ends]).toEqual([[0, BAD], [1], [undefined]]);
});

it("P12 drained, it starts nothing new, tries nothing again, and ends when the calls in flight have", async () => {
  const { answer, calls, batch, sink, ends, source } = await working(range(9), PATIENT);
  await answer(1, BUSY);
  const { pulled } = source;
  batch.end(DRAINED, "drain");
  await answer(0);
  expect([calls(), ends]).toEqual(["01 23 45", []]);
  await answer(2, BUSY);
  expect([calls(), sink.slots, ends, source.pulled]).toEqual(["01 23 45", [0, 1], [DRAINED], pulled]);
});

it.for([
  ["in a backoff", PATIENT, "0", [0]],
  ["at the limits", { limiter: CLOSED }, "", [0]],
  [
    "for its source",
    {},
    "",
    (async function* () {
      yield await new Promise<number>(() => undefined);
    })(),
  ],
] as const)("P12 drained while all that is left waits %s, it ends at once", async ([, options, made, inputs]) => {
  const { answer, calls, batch, clock, sink, ends, free } = await working(inputs, options);
  if (made !== "") await answer(0, BUSY);
  batch.end(DRAINED, "drain");
  const atOnce = ends.length;
  await turn();
  expect([calls(), atOnce, ends, clock.pending, sink.outcomes, free()]).toEqual([made, 1, [DRAINED], 0, [], 2]);
});

it("P12 canceled, it is over at once, and what comes later belongs nowhere", async () => {
  const { answer, calls, batch, sink, context } = await working(range(8), PATIENT);
  batch.end({ status: "aborted", reason: BAD }, "cancel");
  expect(context.semaphore.claimants).toEqual([]);
  await answer(0);
  await answer(1, BUSY);
  expect([calls(), sink.outcomes]).toEqual(["01 23", []]);
});

it.for([
  ["onRequest", { onRequest: throws }],
  ["onRetry", { ...PATIENT, onRetry: throws }],
  ["a limiter", { limiter: { reserve: async () => throws() } }],
] as const)("what %s throws ends the batch, and is no failure of an input", async ([, options]) => {
  const { answer, calls, ends, sink, free } = await working(range(2), options);
  if (calls() !== "") await answer(0, BUSY);
  expect([ends, sink.outcomes, free()]).toEqual([[{ status: "failed", reason: BAD }], [], 2]);
});

it("P4 P24 where another stage takes on what fails, it goes there without a call once nothing can succeed", async () => {
  const { answer, calls, sink, ends } = await working(range(8), {}, true);
  await answer(0, REFUSED);
  expect(sink.rejected).toEqual([0, 1, 4, 5, 6, 7]);
  await answer(1);
  expect([calls(), sink.closed, ends]).toEqual(["01 23", 1, [undefined]]);
});

it("P16 one chunk waits at the limits, without a permit; what follows waits behind it", async () => {
  const limits = new HeldBackend<Demand, Reservation>();
  const limiter = { reserve: limits.call };
  const { answer, calls, free, source } = await working(range(4), { limiter });
  expect([calls(), source.pulled, free()]).toEqual(["", 2, 2]);
  for (const call of [0, 1]) {
    limits.at(call).answer(RESERVATION);
    await turn();
  }
  expect([calls(), free()]).toEqual(["01 23", 0]);
  for (const call of [0, 1]) await answer(call);
  expect(free()).toBe(2);
});

it("a chunk that need not wait passes the limits at once; one that waits near the end is made lighter", async () => {
  const passing = await working(range(2), { limiter: { ...CLOSED, tryReserve: () => RESERVATION } });
  expect(passing.calls()).toBe("01");
  const limiter = { reserve: async () => RESERVATION, waitMs: ({ inputs }: Demand) => inputs * 10 };
  const waiting = await working(range(40), { limiter, request: { maxInputs: 40 }, maxConcurrency: 1 });
  expect(waiting.calls()).toBe(range(20).join(""));
});

it("the chunk that finds out the limits goes alone", async () => {
  const limiter = { probing: true, reserve: async () => ({ settle: () => (limiter.probing = false) }) };
  const { answer, calls } = await working(range(6), { limiter });
  expect(calls()).toBe("01");
  await answer(0);
  expect(calls()).toBe("01 23 45");
});

it("L8 a worker gives its permit up where an older claim waits for one", async () => {
  const { answer, calls, context } = await working(range(8), { maxConcurrency: 1 });
  let claimed = 0;
  context.semaphore.join({ claim: () => claimed === 0 && context.semaphore.tryAcquire() && ++claimed > 0 });
  await answer(0);
  expect([calls(), claimed]).toEqual(["01", 1]);
  context.semaphore.release();
  await turn();
  expect(calls()).toBe("01 23");
});

it("is idle where nothing is under way that could bring outcomes", async () => {
  const { answer, loop } = await working(range(2));
  expect(loop.isIdle).toBe(false);
  await answer(0);
  expect(loop.isIdle).toBe(true);
});
