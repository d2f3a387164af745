import type { BatchOptions, RateLimiter, Runnable } from "@batchwise/core";

import { take } from "../expectations.ts";
import { outage } from "../fault-schedules.ts";
import { broken, expectThat, type Law, nameOf } from "../law.ts";
import type { Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial, type Trial } from "../trial.ts";
import { collect, engineBatch, engineMethods, engineOf, type Way, wrappers } from "../ways.ts";

/** Script whose calls stay open and take no notice of their signals: the batch must not wait for them. */
const deaf: Script<any, any> = { hold: () => true, heedsSignal: false };

/** L7: the caller has its thread back at once, whatever the batch was waiting for. */
export const l07: Law = {
  number: "L7",
  title: "abort settles at once and starts nothing more",
  advice: "pass `options.signal` on, and check it before each further call.",
  observes: true,
  async check(subject) {
    for (const way of [...engineMethods, ...wrappers]) {
      const where = `${way.name}, aborted while calls ignore the signal`;
      await expectEnd(subject, way, deaf, {}, `${where}, one input in a request`);
      await expectEnd(subject, way, deaf, { request: {} }, where);
    }
    for (const way of engineMethods) {
      const retry = { attempts: 9, minDelayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
      const down: Script<any, any> = { failure: () => outage() };
      await expectEnd(subject, way, down, { retry: { ...retry, outageMs: 0 } }, `${way.name}, aborted in backoff`);
      await expectEnd(subject, way, down, { retry }, `${way.name}, aborted in an outage`);
      await expectEnd(subject, way, {}, { limiter: closed }, `${way.name}, aborted in a rate-limit wait`);
      await expectRefusal(subject, way);
    }
    await checkStuckSource(subject);
    await checkSlots(subject);
    await checkStream(subject);
  },
};

/** Limiter that lets no call pass. */
const closed: RateLimiter = {
  reserve: (_demand, options) =>
    new Promise((_resolve, reject) => {
      const { signal } = options ?? {};
      const refuse = (): void => reject(signal?.reason as Error);
      if (signal?.aborted === true) refuse();
      else signal?.addEventListener("abort", refuse, { once: true });
    }),
};

async function expectEnd<Input, Output>(
  subject: Subject<Input, Output>,
  way: Way,
  script: Script<Input, any>,
  options: BatchOptions<Input, Output>,
  where: string,
): Promise<void> {
  await inTrial(subject, script, async (trial) => {
    const controller = new AbortController();
    const run = way.run(trial.runnable, take(subject, 6), {
      ...trial.options,
      maxConcurrency: 2,
      request: { maxInputs: 1 },
      ...options,
      signal: controller.signal,
    });
    // autoBatch waits a moment for company before it sends anything.
    if (way.name === "autoBatch") await trial.clock.advance(10);
    await expectReasonAtOnce(trial, run, controller, where);
  });
}

/** Aborts, and expects the rejection before anything else has moved, and no call after it. */
async function expectReasonAtOnce<Output>(
  trial: Trial<any, Output>,
  run: Promise<unknown>,
  controller: AbortController,
  where: string,
): Promise<void> {
  const early = await trial.now(run);
  if (early !== undefined) {
    const got = early.status === "fulfilled" ? "outputs" : nameOf(early.reason);
    throw broken(where, "a batch that is still running before the abort", got, reasonOf(early));
  }
  const reason = new Error("The caller has changed its mind.");
  const started = trial.backend.calls.length;
  controller.abort(reason);
  const late = await trial.now(run);
  if (late === undefined) throw broken(where, "an end at once", "none");
  expectThat(late.status === "rejected", where, "a rejection with the signal's reason", "outputs");
  if (late.reason !== reason) throw broken(where, "the signal's reason", nameOf(late.reason), late.reason);
  await trial.exhaust();
  expectNothingMore(trial, started, where);
}

async function expectRefusal<Input, Output>(subject: Subject<Input, Output>, way: Way): Promise<void> {
  const where = `${way.name}, with a signal that was aborted before`;
  await inTrial(subject, {}, async (trial) => {
    const reason = new Error("The caller had changed its mind before.");
    const signal = AbortSignal.abort(reason);
    const late = await trial.now(way.run(trial.runnable, take(subject, 6), { ...trial.options, signal }));
    if (late === undefined) throw broken(where, "an end at once", "none");
    if (reasonOf(late) !== reason) throw broken(where, "the signal's reason", nameOf(reasonOf(late)), reasonOf(late));
    await trial.exhaust();
    expectNothingMore(trial, 0, where);
  });
}

/** Checks a source that gives two inputs and then never again. */
async function checkStuckSource<Input, Output>(subject: Subject<Input, Output>): Promise<void> {
  const ways: readonly [string, (runnable: Runnable<Input, Output>) => (options: BatchOptions) => Promise<unknown>][] =
    [
      ["batch", (runnable) => (options) => engineOf(runnable).batch(stuck(subject), options)],
      ["batchAsCompleted", (runnable) => (options) => collect(runnable.batchAsCompleted(stuck(subject), options))],
    ];
  for (const [name, start] of ways) {
    await inTrial(subject, {}, async (trial) => {
      const controller = new AbortController();
      const run = start(trial.runnable)({ ...trial.options, signal: controller.signal });
      await expectReasonAtOnce(trial, run, controller, `${name}, aborted while the source gives nothing`);
    });
  }
}

async function* stuck<Input>(subject: Subject<Input, any>): AsyncGenerator<Input, void, undefined> {
  yield* take(subject, 2);
  await new Promise(() => {});
}

/** Checks that with returnExceptions the finished slots are kept and the others hold the reason. */
async function checkSlots<Input, Output>(subject: Subject<Input, Output>): Promise<void> {
  const where = "batch, returnExceptions, aborted while calls ignore the signal";
  await inTrial(subject, deaf, async (trial) => {
    const controller = new AbortController();
    const run = engineBatch.run(trial.runnable, take(subject, 6), {
      ...trial.options,
      maxConcurrency: 2,
      request: { maxInputs: 1 },
      returnExceptions: true,
      signal: controller.signal,
    });
    await trial.idle();
    const reason = new Error("The caller has changed its mind.");
    controller.abort(reason);
    const late = await trial.now(run);
    if (late === undefined) throw broken(where, "an end at once", "none");
    if (late.status === "rejected") throw broken(where, "6 slots", nameOf(late.reason), late.reason);
    const without = late.value.filter((slot) => slot !== reason).length;
    expectThat(late.value.length === 6, where, "6 slots", `${late.value.length}`);
    expectThat(without === 0, where, "the signal's reason in every unfinished slot", `${without} slots without it`);
  });
}

/** Checks that the stream hands out what finished, then throws the reason. */
async function checkStream<Input, Output>(subject: Subject<Input, Output>): Promise<void> {
  const where = "batchAsCompleted, aborted after the first outcome";
  // An override may give nothing before it has everything: then there is no first outcome to wait for.
  await inTrial(subject, { ...deaf, hold: (call) => call.number > 0 }, async (trial) => {
    const controller = new AbortController();
    const seen: number[] = [];
    const run = (async (): Promise<void> => {
      const options = {
        ...trial.options,
        maxConcurrency: 1,
        request: { maxInputs: 1 },
        signal: controller.signal,
      };
      for await (const each of trial.runnable.batchAsCompleted(take(subject, 6), options)) seen.push(each.index);
    })();
    const early = await trial.now(run);
    // One call took everything: nothing was left to abort.
    if (early?.status === "fulfilled" && trial.backend.calls.length === 1) return;
    const finished = seen.length;
    await expectReasonAtOnce(trial, run, controller, where);
    expectThat(
      seen.length === finished,
      where,
      "no outcome for a call that had not ended",
      `${seen.length - finished}`,
    );
  });
}

function reasonOf(attempt: { readonly status: string; readonly reason?: unknown }): unknown {
  return attempt.reason;
}

function expectNothingMore(trial: Trial<any, any>, started: number, where: string): void {
  const more = trial.backend.calls.length - started;
  expectThat(more === 0, where, "no call after the abort", `${more}`);
}
