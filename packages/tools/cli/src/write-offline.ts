import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { ArgumentError, type BatchOptions, type Completed, type FinishReport } from "@batchwise/core";
import { dollars } from "@batchwise/terminal";
import { partialOf } from "./output-choice.ts";
import { openEncoder } from "./outputs/open-encoder.ts";
import type { Outcome } from "./outputs/row.ts";
import { cannotWrite } from "./outputs/stream-target.ts";
import { jobsText } from "./report.ts";
import { RowWriter } from "./row-writer.ts";
import { isSent, type Step } from "./step.ts";
import { batchOptions, shapeOf, type Task } from "./task.ts";
import type { Ending } from "./write-live.ts";

/**
 * Sends all inputs as offline jobs, and writes the output at their end, whole: a run that was stopped before leaves the
 * output as it was, so that the same command makes the same jobs.
 *
 * @throws ArgumentError where the jobs may cost more than `maxCost`
 * @throws Error for an output that cannot be opened
 */
export async function writeOffline(task: Task, steps: readonly Step[]): Promise<Ending> {
  const { output, stats, adapter } = task;
  const inputs = inputsOf(steps);
  await announce(task, inputs);
  const rows = new RowWriter(await openEncoder(output.format, shapeOf(task)), stats);
  const file = new WholeFile(output.file ?? "");
  const stops = stopsOf(task);
  let report: FinishReport | undefined;
  let isWritten = false;
  const write = (outcomes: readonly Outcome[]): void => {
    file.write(chunksOf(steps, rows, outcomes));
    isWritten = true;
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
          write(finished.outcomes.map(outcomeOf));
      },
    });
    const reason = reasonOf(slots, report, stops);
    if (reason === undefined && !isWritten) {
      write(slots.map((slot) => (slot instanceof Error ? { error: slot } : { output: slot })));
    }
    return { report, reason };
  } catch (error) {
    return { report, reason: error as Error };
  } finally {
    file.close();
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

function* chunksOf(
  steps: readonly Step[],
  rows: RowWriter,
  outcomes: readonly Outcome[],
): Generator<string | Uint8Array | undefined, void> {
  let next = 0;
  for (const step of steps) {
    const { content } = step.item;
    let outcome: Outcome | undefined;
    if (isSent(step)) outcome = outcomes[next++];
    else if (!step.isDone && "error" in content) outcome = content;
    yield rows.write(step, outcome);
  }
  yield rows.end();
}

/** File that appears when it is whole. Written synchronously: no other code may run in between. */
class WholeFile {
  readonly #file: string;
  readonly #descriptor: number;

  constructor(file: string) {
    this.#file = file;
    this.#descriptor = this.#attempt(() => openSync(partialOf(file), "w"));
  }

  write(chunks: Iterable<string | Uint8Array | undefined>): void {
    this.#attempt(() => {
      for (const chunk of chunks) if (chunk !== undefined) writeFileSync(this.#descriptor, chunk);
      fsyncSync(this.#descriptor);
      renameSync(partialOf(this.#file), this.#file);
    });
  }

  close(): void {
    closeSync(this.#descriptor);
    rmSync(partialOf(this.#file), { force: true });
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw cannotWrite(this.#file, error);
    }
  }
}
