import { type BatchOptions, codeOf, type FinishReport } from "@batchwise/core";
import { linesFrom } from "./earlier.ts";
import { OrderedRows } from "./ordered-rows.ts";
import { openOutput } from "./output-choice.ts";
import type { Chunk } from "./outputs/encoder.ts";
import { openEncoder } from "./outputs/open-encoder.ts";
import type { StreamTarget } from "./outputs/stream-target.ts";
import { RowWriter } from "./row-writer.ts";
import { isSent, type Step } from "./step.ts";
import { batchOptions, shapeOf, type Task } from "./task.ts";

/** How the work ended. */
export interface Ending {
  readonly report: FinishReport | undefined;
  /** What ended it before its inputs did. */
  readonly reason: Error | undefined;
}

/** What is written live. */
export interface LiveWork {
  readonly steps: AsyncIterable<Step>;
  /** Whether lines of an earlier output are written again, into a file that takes its place. */
  readonly rewrites: boolean;
  /** Of the source, in the unit of its records' `end`. */
  readonly size: number | undefined;
}

/**
 * Sends what is to be sent as fast as the output takes it, and writes every outcome in its turn. Ended early, the output
 * is whole up to where it ends.
 *
 * @throws Error for an output that cannot be opened. Nothing was sent.
 */
export async function writeLive(task: Task, { steps, rewrites, size }: LiveWork): Promise<Ending> {
  const { output, tally, notes, surroundings } = task;
  const encoder = await openEncoder(output.format, shapeOf(task));
  const { stdout = process.stdout } = surroundings;
  const opened = await openOutput(output, { rewrites, stdout });
  const { target } = opened;
  const rowWriter = new RowWriter(encoder, tally);
  const rows = new OrderedRows(rowWriter, (chunk) => target.write(chunk));
  // Rows on a terminal are progress enough, and a bar would stand among them.
  const isOnTerminal = output.file === undefined && "isTTY" in stdout && stdout.isTTY;
  const show = isOnTerminal ? undefined : await notes.startProgress(size !== undefined);
  const options: BatchOptions = {
    ...batchOptions(task),
    ...stopsOf(task, target),
    onProgress: (progress) => {
      const share = size === undefined ? undefined : Math.min(1, tally.end / size);
      show?.({ done: tally.done, failed: tally.failed, share, progress });
    },
  };
  const forgetDrain = onDrain(task);
  try {
    const ending = await send(task, steps, rows, options);
    if (!target.failed.aborted) {
      await rows.flush();
      for await (const chunk of remainder(task, rowWriter, rewrites)) await target.write(chunk);
      await opened.close();
    }
    return ending;
  } catch (error) {
    return { report: undefined, reason: error as Error };
  } finally {
    if (target.failed.aborted) await opened.abandon();
    target.release();
    forgetDrain();
    notes.stopProgress();
  }
}

/** What is missing to a whole file: lines of an earlier output that nobody came to, and the format's end. */
async function* remainder(
  { output, tally }: Task,
  rowWriter: RowWriter,
  rewrites: boolean,
): AsyncGenerator<Chunk, void> {
  if (rewrites && output.earlier !== undefined) {
    for await (const line of linesFrom(output.earlier, tally.done)) yield rowWriter.keep(line);
  }
  const end = rowWriter.end();
  if (end !== undefined) yield end;
}

async function send(
  { chosen }: Task,
  steps: AsyncIterable<Step>,
  rows: OrderedRows,
  options: BatchOptions,
): Promise<Ending> {
  let report: FinishReport | undefined;
  const outcomes = chosen.runnable.batchInOrder(inputsOf(steps, rows), {
    ...options,
    onFinish: (finished) => {
      report = finished;
    },
  });
  let final: Error | undefined;
  try {
    for await (const outcome of outcomes) {
      // What ends the run is no input's own fault: these and all that follow are left for the next run. What is in
      // flight is waited for all the same, since a cache keeps it.
      if (outcome.status === "rejected" && endsRun(outcome.reason)) final ??= outcome.reason;
      if (final !== undefined) continue;
      await rows.settle(outcome.status === "fulfilled" ? { output: outcome.value } : { error: outcome.reason });
    }
    return { report, reason: final };
  } catch (error) {
    return { report, reason: final ?? (error as Error) };
  }
}

/** Whether no input can succeed: the key is refused, the money is spent, or the provider refuses what all have in common. */
function endsRun(error: Error): boolean {
  const code = codeOf(error);
  const { status } = error as { readonly status?: unknown };
  return (
    code === "authentication" || code === "quota_exceeded" || (code === "invalid_argument" && status !== undefined)
  );
}

async function* inputsOf(steps: AsyncIterable<Step>, rows: OrderedRows): AsyncGenerator<unknown, void> {
  for await (const step of steps) {
    await rows.add(step);
    const { content } = step.item;
    if (isSent(step) && "input" in content) yield content.input;
  }
}

/** The run ends when the user says so, or when nothing can be written any more. */
function stopsOf({ surroundings: { drain, signal } }: Task, { failed }: StreamTarget): BatchOptions {
  return {
    signal: signal === undefined ? failed : AbortSignal.any([failed, signal]),
    ...(drain !== undefined && { drain }),
  };
}

function onDrain({ surroundings: { drain }, notes }: Task): () => void {
  const say = (): void => notes.say("Stopping once what is in flight is back. Ctrl-C again stops at once.");
  drain?.addEventListener("abort", say, { once: true });
  return () => drain?.removeEventListener("abort", say);
}
