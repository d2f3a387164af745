import { ArgumentError, type BatchOptions, type Completed, type FinishReport, type Runnable } from "@batchwise/core";
import { dollars } from "@batchwise/terminal";
import { KeptList } from "./kept-list.ts";
import type { Recorder } from "./recorder.ts";
import { jobsText } from "./report.ts";
import type { Unsent } from "./estimate.ts";
import type { Step } from "./step.ts";
import { batchOptions, type Task } from "./task.ts";
import type { Ending } from "./write-live.ts";

type Outcomes = AsyncIterable<Completed<unknown, unknown>>;

/**
 * Sends all inputs as offline jobs, and records outcomes as jobs end. They count at the end of them all: a run that was
 * stopped before leaves the output as it was, so that the same command makes the same jobs.
 *
 * @throws ArgumentError where the jobs may cost more than `maxCost`
 */
export async function writeOffline(task: Task, steps: AsyncIterable<Step>, recorder: Recorder): Promise<Ending> {
  const { adapter, output, stats } = task;
  const inputs: unknown[] = [];
  // Lists, which take half the memory of an object for each input.
  const indexes: number[] = [];
  const fields = new KeptList();
  const again = new Set<number>();
  const forget = output.isFile ? stats.remember() : undefined;
  let report: FinishReport | undefined;
  let left = 0;
  let unreadable = 0;
  let firstError: string | undefined;
  const take = (outcome: Completed<unknown, unknown>): void | Promise<void> => {
    const index = indexes[outcome.index] as number;
    const item = { index, kept: fields.at(outcome.index), end: 0 };
    const result = outcome.status === "fulfilled" ? { output: outcome.value } : { error: outcome.reason };
    const room = recorder.record({ item, isAgain: again.has(index) }, result);
    // Not later: once another outcome is asked for, the jobs are forgotten; if it throws, they are kept.
    if (--left === 0) recorder.sink.save();
    return room;
  };
  for await (const step of steps) {
    const { content, index, kept } = step.item;
    if (step.isDone) continue;
    if ("input" in content) {
      inputs.push(content.input);
      indexes.push(index);
      fields.add(kept);
      if (step.isAgain) again.add(index);
    } else {
      unreadable++;
      firstError ??= content.error.message;
      await recorder.record(step, content);
    }
  }
  left = inputs.length;
  adapter.watchJobs(() => recorder.sink.noteJobs?.(adapter.jobIds));
  await announce(task, inputs, { unreadable, firstError });
  try {
    const options: BatchOptions = {
      ...batchOptions(task),
      signal: stopOf(task, recorder.sink.failed),
      onFinish: (finished) => {
        report = finished;
      },
    };
    const { jobs, runnable } = adapter;
    const outcomes: Outcomes =
      jobs === runnable ? jobs.batchAsJobsEnd(inputs, options) : allAtOnce(runnable, inputs, options, take);
    for await (const outcome of outcomes) await take(outcome);
    if (inputs.length === 0) recorder.sink.save();
    return { report, reason: undefined };
  } catch (error) {
    if (left > 0) forget?.();
    return { report, reason: error as Error };
  }
}

/** Inputs that are sent to the adapter, and those that cannot be. */
export async function inputsOf(steps: AsyncIterable<Step>): Promise<Unsent & { readonly inputs: unknown[] }> {
  const inputs: unknown[] = [];
  let unreadable = 0;
  let firstError: string | undefined;
  for await (const { item, isDone } of steps) {
    if (isDone) continue;
    if ("input" in item.content) inputs.push(item.content.input);
    else {
      unreadable++;
      firstError ??= item.content.error.message;
    }
  }
  return { inputs, unreadable, firstError };
}

async function announce({ adapter, options, notes }: Task, inputs: readonly unknown[], unsent: Unsent): Promise<void> {
  if (adapter.jobs === undefined || inputs.length === 0) return;
  const estimate = await adapter.jobs.estimateJobs(inputs);
  notes.say(jobsText(estimate, unsent));
  const { maxCost = Infinity } = options;
  if (estimate.cost === undefined || estimate.cost <= maxCost) return;
  throw new ArgumentError(
    `Expected jobs within --max-cost ${dollars(maxCost)}, got an estimate of ${dollars(estimate.cost)}. Nothing was sent.`,
  );
}

/** Signal that ends a run. Jobs go on without it, so that it need not wait for them. */
function stopOf({ environment: { drain, signal } }: Task, failed: AbortSignal): AbortSignal {
  return AbortSignal.any([drain, signal, failed].filter((each) => each !== undefined));
}

/**
 * Outcomes of jobs behind a cache, which has them all at the end.
 *
 * @param take takes outcomes of all inputs as soon as they are there: the jobs are forgotten before the cache has them
 */
async function* allAtOnce(
  runnable: Runnable<unknown, unknown>,
  inputs: readonly unknown[],
  options: BatchOptions,
  take: (outcome: Completed<unknown, unknown>) => void | Promise<void>,
): AsyncGenerator<Completed<unknown, unknown>, void> {
  let report: FinishReport | undefined;
  let areTaken = false;
  const slots = await runnable.batch(inputs, {
    ...options,
    returnExceptions: true,
    onFinish: (finished) => {
      options.onFinish?.(finished);
      report = finished;
      // Where some are of the cache, these are not all.
      areTaken = finished.status === "completed" && areOf(finished.outcomes, inputs);
      if (areTaken) for (const outcome of finished.outcomes) void take(outcome);
    },
  });
  if (options.signal?.aborted === true && slots.includes(options.signal.reason)) throw options.signal.reason;
  if (report !== undefined && report.status !== "completed") throw report.reason;
  if (areTaken) return;
  for (const [index, slot] of slots.entries()) {
    const input = inputs[index];
    if (slot instanceof Error) yield { index, input, status: "rejected", reason: slot };
    else yield { index, input, status: "fulfilled", value: slot };
  }
}

function areOf(outcomes: readonly Completed<unknown, unknown>[], inputs: readonly unknown[]): boolean {
  return outcomes.length === inputs.length && outcomes.every(({ input }, at) => input === inputs[at]);
}
