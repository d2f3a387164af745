import type { BatchOptions, Runnable } from "@batchwise/core";
import { isOverridden } from "@batchwise/core/wrappers";

import { inputAt } from "../expectations.ts";
import { outage } from "../fault-schedules.ts";
import { broken, expectThat, type Law, nameOf } from "../law.ts";
import type { Subject } from "../subject.ts";
import { inTrial, type Trial } from "../trial.ts";
import { collect, engineOf } from "../ways.ts";

const CAP = 2;
const MAX_INPUTS = 3;
/** Length of the source: far more than may be read ahead, and still an end for a Runnable that reads everything. */
const LENGTH = 60;

/** L11: an endless source can be read, because no more is read of it than is being worked on. */
export const l11: Law = {
  number: "L11",
  title: "a lazy source is pulled no further than the work in flight and one request being filled",
  advice: "pull an input when it can be sent, and close the source at the end.",
  observes: true,
  async check(subject) {
    for (const reader of readers) {
      await checkReadAhead(subject, reader);
      await checkBackoff(subject, reader, "every call in backoff", 0);
      await checkBackoff(subject, reader, "in an outage");
    }
    await checkSlowConsumer(subject);
    await checkBreak(subject);
  },
};

/** Source that counts. */
interface Source<Input> {
  readonly inputs: AsyncGenerator<Input, void, undefined>;
  /** Number of inputs that have been taken. */
  pulled: number;
  /** End of the reading, as the source is told it by its `return()`. */
  left: boolean;
}

function sourceOf<Input>(subject: Subject<Input, any>): Source<Input> {
  const source = { pulled: 0, left: false } as {
    -readonly [Key in keyof Source<Input>]: Source<Input>[Key];
  };
  source.inputs = (async function* () {
    try {
      while (source.pulled < LENGTH) {
        source.pulled++;
        yield inputAt(subject, source.pulled - 1);
      }
    } finally {
      source.left = true;
    }
  })();
  return source;
}

interface Reader {
  readonly name: string;
  run<Input, Output>(
    runnable: Runnable<Input, Output>,
    inputs: AsyncIterable<Input>,
    options: BatchOptions<Input, Output>,
  ): Promise<unknown>;
}

const readers: readonly Reader[] = [
  { name: "batch", run: (runnable, inputs, options) => engineOf(runnable).batch(inputs, options) },
  {
    name: "batchAsCompleted",
    run: (runnable, inputs, options) => collect(runnable.batchAsCompleted(inputs, options)),
  },
  {
    name: "batchInOrder",
    run: (runnable, inputs, options) => collect(runnable.batchInOrder(inputs, options)),
  },
];

/** Checks that the source has not been read too far while held calls end one after another. */
async function checkReadAhead<Input, Output>(subject: Subject<Input, Output>, reader: Reader): Promise<void> {
  const where = `${reader.name}, a lazy source, maxConcurrency ${CAP}`;
  await inTrial(subject, { hold: () => true }, async (trial) => {
    const source = sourceOf(subject);
    const size = requestSizeOf(trial.runnable);
    const run = reader.run(trial.runnable, source.inputs, optionsOf(trial));
    const attempt = await trial.attempt(run, where, () => {
      const answered = inputsOf(trial, "answered");
      const ahead = source.pulled - answered;
      const most = 2 * CAP * size;
      expectThat(ahead <= most, where, `at most ${most} unsettled inputs`, `${ahead}`);
      // What an override has taken is in flight, whatever it has passed on to the backend so far.
      if (isOverridden(trial.runnable)) return;
      const flying = inputsOf(trial, "running");
      const allowed = flying + size;
      expectThat(
        ahead <= allowed,
        where,
        `at most ${allowed} inputs read ahead (${flying} in flight and a request of ${size})`,
        `${ahead}`,
      );
    });
    if (attempt.status === "rejected") throw broken(where, "outputs", nameOf(attempt.reason), attempt.reason);
    expectThat(source.pulled === LENGTH, where, `all ${LENGTH} inputs to be read in the end`, `${source.pulled}`);
  });
}

/** Checks a backend that is down: what waits to be tried again is unsettled, and counts. */
async function checkBackoff<Input, Output>(
  subject: Subject<Input, Output>,
  reader: Reader,
  when: string,
  outageMs?: number,
): Promise<void> {
  const where = `${reader.name}, a lazy source, maxConcurrency ${CAP}, ${when}`;
  await inTrial(subject, { failure: () => outage() }, async (trial) => {
    const source = sourceOf(subject);
    const controller = new AbortController();
    const run = reader.run(trial.runnable, source.inputs, {
      ...optionsOf(trial),
      retry: { attempts: 9, minDelayMs: 60_000, maxDelayMs: 60_000, jitter: 0, outageMs },
      signal: controller.signal,
    });
    await rest(trial, run);
    const most = 2 * CAP * requestSizeOf(trial.runnable);
    expectThat(source.pulled <= most, where, `at most ${most} unsettled inputs`, `${source.pulled}`);
    controller.abort(new Error("Seen enough."));
    await trial.now(run);
  });
}

/** Checks a consumer that takes one outcome and then stands still. */
async function checkSlowConsumer<Input, Output>(subject: Subject<Input, Output>): Promise<void> {
  const where = `batchAsCompleted, a lazy source, maxConcurrency ${CAP}, a consumer that has stopped after one outcome`;
  await inTrial(subject, {}, async (trial) => {
    const source = sourceOf(subject);
    const outcomes = trial.runnable.batchAsCompleted(source.inputs, optionsOf(trial));
    await trial.attempt(outcomes.next(), where);
    await rest(trial, Promise.resolve());
    const most = 1 + 2 * CAP * requestSizeOf(trial.runnable);
    expectThat(source.pulled <= most, where, `at most ${most} inputs to be read`, `${source.pulled}`);
    await trial.attempt(Promise.resolve(outcomes.return?.()), where);
  });
}

/** Checks a consumer that leaves. */
async function checkBreak<Input, Output>(subject: Subject<Input, Output>): Promise<void> {
  const where = "batchAsCompleted, a lazy source whose consumer breaks after one outcome";
  await inTrial(subject, {}, async (trial) => {
    const source = sourceOf(subject);
    const run = (async (): Promise<number> => {
      for await (const _ of trial.runnable.batchAsCompleted(source.inputs, optionsOf(trial))) break;
      return source.pulled;
    })();
    const attempt = await trial.attempt(run, where);
    const pulled = attempt.status === "fulfilled" ? attempt.value : source.pulled;
    await trial.exhaust();
    const more = source.pulled - pulled;
    expectThat(more === 0, where, "no further input to be read", `${more}`);
    expectThat(source.left, where, "the source to be told, by its return()", "no call of it");
  });
}

function optionsOf<Input, Output>(trial: Trial<Input, Output>): BatchOptions<Input, Output> {
  return { ...trial.options, maxConcurrency: CAP, request: { maxInputs: MAX_INPUTS } };
}

/** Number of inputs in one request: what the checks ask for, or less where the backend takes less. */
function requestSizeOf(runnable: Runnable<any, any>): number {
  if (runnable.invokeMany === undefined && !isOverridden(runnable)) return 1;
  return Math.min(MAX_INPUTS, runnable.settings?.request?.maxInputs ?? MAX_INPUTS);
}

function inputsOf(trial: Trial<any, any>, status: "answered" | "running"): number {
  return trial.backend.calls.reduce((sum, call) => (call.status === status ? sum + call.inputs.length : sum), 0);
}

/** Waits long enough for a Runnable that reads everything to have read everything. */
async function rest(trial: Trial<any, any>, run: Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < LENGTH; turn++) await trial.now(run);
}
