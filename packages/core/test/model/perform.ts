import { withConfig } from "@batchwise/core";
import { FakeClock, flush } from "@batchwise/testkit";
import { Backend } from "./backend.ts";
import { Log, type Stamp } from "./log.ts";
import type { Schedule } from "./schedule.ts";
import { sourceOf } from "./source.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { WorldTimers } from "./world-timers.ts";

/** End of a run, as its caller saw it. */
export type Ending =
  | { readonly kind: "resolved"; readonly outputs: unknown }
  | { readonly kind: "rejected"; readonly error: unknown }
  /** An iterator that ended, or one that was broken off. */
  | { readonly kind: "done" }
  | { readonly kind: "broke" }
  /** Nothing is left that could ever settle it. */
  | { readonly kind: "stuck" };

/** Record of one schedule's run. */
export interface Performance {
  readonly schedule: Schedule;
  readonly log: Log;
  readonly ending: Ending;
  /** Moment at which it settled. */
  readonly settled: Stamp;
  /** Timers of the engine that were left on the clock then. */
  readonly timersLeft: number;
  readonly reasons: { readonly abort: unknown; readonly drain: unknown };
}

/** Milliseconds without a new call after which a run is stuck. */
const STUCK_MS = 3 * 3_600_000;

/** Runs a schedule against the engine on a fake clock, and then on until nothing more can happen. */
export async function perform(schedule: Schedule): Promise<Performance> {
  const clock = new FakeClock();
  const log = new Log(() => clock.now());
  const timers = new WorldTimers(clock);
  const reasons = schedule.errorReasons
    ? { abort: new Error("aborted"), drain: new Error("drained") }
    : { abort: "aborted", drain: "drained" };
  const wishes = { abort: new AbortController(), drain: new AbortController() };
  for (const [wish, at, type] of [
    ["abort", schedule.abortAt, "aborted"],
    ["drain", schedule.drainAt, "drained"],
  ] as const) {
    const act = (): void => {
      log.add({ type });
      wishes[wish].abort(reasons[wish]);
    };
    if (at === "before") act();
    else if (at !== undefined) timers.after(at, act);
  }
  const signals = { signal: wishes.abort.signal, drain: wishes.drain.signal };
  const subject = subjectOf(schedule, new Backend(schedule, log, timers), clock, log, signals);
  const state: { ending: Ending | undefined; settled: Stamp | undefined; timersLeft: number } = {
    ending: undefined,
    settled: undefined,
    timersLeft: 0,
  };
  const settle = (ending: Ending): void => {
    state.ending = ending;
    state.settled = log.add({ type: "settled" });
  };
  read(schedule, subject, log, timers).then(settle, (error: unknown) => settle({ kind: "rejected", error }));
  await flush();
  log.add({ type: "idle" });
  // The progress is told each second, also by a run that is stuck.
  let calledAt = 0;
  while (state.ending === undefined && clock.nextInMs !== undefined && clock.now() - calledAt < STUCK_MS) {
    const calls = log.calls.length;
    await clock.advance(clock.nextInMs);
    log.add({ type: "idle" });
    if (log.calls.length > calls) calledAt = clock.now();
  }
  const timersLeft = clock.pending - timers.waiting;
  while (state.ending !== undefined && clock.nextInMs !== undefined) await clock.advance(clock.nextInMs);
  await flush();
  return {
    schedule,
    log,
    ending: state.ending ?? { kind: "stuck" },
    settled: state.settled ?? log.add({ type: "settled" }),
    timersLeft,
    reasons,
  };
}

async function read(schedule: Schedule, subject: Subject, log: Log, timers: WorldTimers): Promise<Ending> {
  const source = sourceOf(schedule, log, timers);
  const { runnable, options } = subject;
  if (schedule.reading === "batch" || schedule.reading === "returnExceptions") {
    const before = Array.isArray(source) ? [...source] : undefined;
    // An override of `batch` that is called directly is itself: a wrapper is what has to use it.
    const subject = schedule.hook === "batch" ? withConfig(runnable, {}) : runnable;
    const outputs: unknown = await subject.batch(source, options);
    if (before?.some((key, slot) => key !== (source as number[])[slot])) log.faults.push("the inputs were changed");
    return { kind: "resolved", outputs };
  }
  const outcomes =
    schedule.reading === "asCompleted"
      ? runnable.batchAsCompleted(source, options)
      : runnable.batchInOrder(source, options);
  const { delays, breaksAt } = schedule.consumer;
  let received = 0;
  for await (const outcome of outcomes) {
    log.add({ type: "received", outcome: outcome });
    received++;
    if (received === breaksAt) {
      log.add({ type: "broke" });
      break;
    }
    await timers.sleep(delays[received % delays.length] ?? 0);
  }
  return received === breaksAt ? { kind: "broke" } : { kind: "done" };
}
