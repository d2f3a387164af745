import { ArgumentError, type BatchOptions, type Completed, type FinishReport } from "@batchwise/core";
import { dollars } from "@batchwise/terminal";
import type { Outcome } from "./outputs/row.ts";
import type { Recorder } from "./recorder.ts";
import { jobsText } from "./report.ts";
import { isSent, type Step } from "./step.ts";
import { batchOptions, type Task } from "./task.ts";
import type { Ending } from "./write-live.ts";

/**
 * Sends all inputs as offline jobs, and records every outcome at their end: a run that was stopped before leaves the
 * output as it was, so that the same command makes the same jobs.
 *
 * @throws ArgumentError where the jobs may cost more than `maxCost`
 */
export async function writeOffline(task: Task, steps: readonly Step[], recorder: Recorder): Promise<Ending> {
  const { adapter } = task;
  const inputs = inputsOf(steps);
  await announce(task, inputs);
  const stops = stopsOf(task);
  let report: FinishReport | undefined;
  let isRecorded = false;
  const record = (outcomes: readonly Outcome[]): void => {
    isRecorded = true;
    recordAll(steps, outcomes, recorder);
  };
  try {
    const slots = await adapter.runnable.batch(inputs, {
      ...batchOptions(task),
      ...stops,
      returnExceptions: true,
      onFinish: (finished) => {
        report = finished;
        // Not later: once this returns, the jobs are forgotten; if it throws, they are kept. With a cache, these may not be all outcomes.
        if (finished.status === "completed" && areOf(finished.outcomes, inputs))
          record(finished.outcomes.map(outcomeOf));
      },
    });
    const reason = reasonOf(slots, report, stops);
    if (reason === undefined && !isRecorded) {
      record(slots.map((slot) => (slot instanceof Error ? { error: slot } : { output: slot })));
    }
    return { report, reason };
  } catch (error) {
    return { report, reason: error as Error };
  }
}

/** Inputs that are sent to the adapter. */
export function inputsOf(steps: readonly Step[]): unknown[] {
  return steps.flatMap((step) => (isSent(step) && "input" in step.item.content ? [step.item.content.input] : []));
}

async function announce({ adapter, options, notes }: Task, inputs: readonly unknown[]): Promise<void> {
  if (adapter.jobs === undefined || inputs.length === 0) return;
  const estimate = await adapter.jobs.estimateJobs(inputs);
  notes.say(jobsText(estimate));
  const { maxCost = Infinity } = options;
  if (estimate.cost === undefined || estimate.cost <= maxCost) return;
  throw new ArgumentError(
    `Expected jobs within --max-cost ${dollars(maxCost)}, got an estimate of ${dollars(estimate.cost)}. Nothing was sent.`,
  );
}

/** Signals that end a run. Jobs go on without it, so that it need not wait for them. */
function stopsOf({ environment: { drain, signal } }: Task): BatchOptions {
  const stops = [drain, signal].filter((each) => each !== undefined);
  return stops.length === 0 ? {} : { signal: AbortSignal.any(stops) };
}

/** Reason why some inputs have no outcome of their own; undefined where all have. */
function reasonOf(
  slots: readonly unknown[],
  report: FinishReport | undefined,
  { signal }: BatchOptions,
): Error | undefined {
  if (signal?.aborted === true && slots.includes(signal.reason)) return signal.reason as Error;
  return report === undefined || report.status === "completed" ? undefined : (report.reason as Error);
}

function areOf(outcomes: readonly Completed<unknown, unknown>[], inputs: readonly unknown[]): boolean {
  return outcomes.length === inputs.length && outcomes.every(({ input }, at) => input === inputs[at]);
}

function outcomeOf(completed: Completed<unknown, unknown>): Outcome {
  return completed.status === "rejected" ? { error: completed.reason } : { output: completed.value };
}

function recordAll(steps: readonly Step[], outcomes: readonly Outcome[], recorder: Recorder): void {
  let next = 0;
  for (const step of steps) {
    const { content } = step.item;
    const outcome = isSent(step) ? outcomes[next++] : content;
    if (!step.isDone && outcome !== undefined && !("input" in outcome)) void recorder.record(step, outcome);
  }
  recorder.sink.save();
}
