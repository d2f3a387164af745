import type { BatchOptions, FinishReport } from "@batchwise/core";
import { HeldOutcomes } from "./held-outcomes.ts";
import { linesFrom } from "./resume.ts";
import { OrderedRows } from "./ordered-rows.ts";
import { openOutput } from "./output-choice.ts";
import type { Chunk } from "./outputs/encoder.ts";
import { openEncoder } from "./outputs/open-encoder.ts";
import type { StreamTarget } from "./outputs/stream-target.ts";
import { RowWriter } from "./row-writer.ts";
import { isSent, type Step } from "./step.ts";
import { batchOptions, shapeOf, type Task } from "./task.ts";

/** End of the work. */
export interface Ending {
  readonly report: FinishReport | undefined;
  /** Error that ended it before its inputs did. */
  readonly reason: Error | undefined;
}

/** Work of a live run. */
export interface LiveWork {
  readonly steps: AsyncIterable<Step>;
  /** True where lines of an earlier output are written again, into a file that replaces it. */
  readonly rewrites: boolean;
  /** Size of the source, in the unit of its records' `end`. */
  readonly size: number | undefined;
}

/**
 * Sends inputs as fast as the output takes their rows, and writes every outcome in its turn. Ended early, the output is
 * whole up to its end.
 *
 * @throws Error for an output that cannot be opened. Nothing was sent.
 */
export async function writeLive(task: Task, { steps, rewrites, size }: LiveWork): Promise<Ending> {
  const { output, stats, notes, environment } = task;
  const encoder = await openEncoder(output.format, shapeOf(task));
  const { stdout = process.stdout } = environment;
  const opened = await openOutput(output, { rewrites, stdout });
  const { target } = opened;
  const rowWriter = new RowWriter(encoder, stats);
  const rows = new OrderedRows(rowWriter, (chunk) => target.write(chunk));
  // Rows on a terminal show progress themselves, and would be mixed with a bar.
  const isOnTerminal = output.file === undefined && "isTTY" in stdout && stdout.isTTY;
  const show = isOnTerminal ? undefined : await notes.startProgress(size !== undefined);
  const options: BatchOptions = {
    ...batchOptions(task),
    ...stopsOf(task, target),
    onProgress: (progress) => {
      const share = size === undefined ? undefined : Math.min(1, stats.end / size);
      show?.({ done: stats.done, failed: stats.failed, share, progress });
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

/** Last pieces of the file: lines of an earlier output that were not reached, and the format's end. */
async function* remainder(
  { output, stats }: Task,
  rowWriter: RowWriter,
  rewrites: boolean,
): AsyncGenerator<Chunk, void> {
  if (rewrites && output.resumePoint !== undefined) {
    for await (const line of linesFrom(output.resumePoint, stats.done)) yield rowWriter.keep(line);
  }
  const end = rowWriter.end();
  if (end !== undefined) yield end;
}

async function send(
  { adapter }: Task,
  steps: AsyncIterable<Step>,
  rows: OrderedRows,
  options: BatchOptions,
): Promise<Ending> {
  let report: FinishReport | undefined;
  const held = new HeldOutcomes((outcome) =>
    rows.settle(outcome.status === "fulfilled" ? { output: outcome.value } : { error: outcome.reason }),
  );
  const outcomes = adapter.runnable.batchInOrder(inputsOf(steps, rows, held), {
    ...options,
    onFinish: (finished) => {
      report = finished;
    },
  });
  try {
    for await (const outcome of outcomes) await held.take(outcome);
    await held.end(undefined);
    return { report, reason: undefined };
  } catch (error) {
    await held.end(error as Error);
    return { report, reason: error as Error };
  }
}

async function* inputsOf(
  steps: AsyncIterable<Step>,
  rows: OrderedRows,
  held: HeldOutcomes,
): AsyncGenerator<unknown, void> {
  for await (const step of steps) {
    await rows.add(step);
    const { content } = step.item;
    if (!isSent(step) || !("input" in content)) continue;
    yield content.input;
    await held.release();
  }
}

/** Signals that end a run: the user's, and that of an output that cannot be written any more. */
function stopsOf({ environment: { drain, signal } }: Task, { failed }: StreamTarget): BatchOptions {
  return {
    signal: signal === undefined ? failed : AbortSignal.any([failed, signal]),
    ...(drain !== undefined && { drain }),
  };
}

function onDrain({ environment: { drain }, notes }: Task): () => void {
  const say = (): void => notes.say("Stopping once the requests in flight are done. Ctrl-C again stops at once.");
  drain?.addEventListener("abort", say, { once: true });
  return () => drain?.removeEventListener("abort", say);
}
