import type { BatchOptions, FinishReport, Progress } from "@batchwise/core";
import { HeldOutcomes } from "./held-outcomes.ts";
import type { Outcome } from "./outputs/row.ts";
import type { Recorder } from "./recorder.ts";
import type { Stats } from "./stats.ts";
import type { Step } from "./step.ts";
import { batchOptions, type Task } from "./task.ts";
import { TooManyFailures } from "./too-many-failures.ts";

/** End of the work. */
export interface Ending {
  readonly report: FinishReport | undefined;
  /** Error that ended it before its inputs did. */
  readonly reason: Error | undefined;
}

/** Work of a live run. */
export interface LiveWork {
  readonly steps: AsyncIterable<Step>;
  readonly recorder: Pick<Recorder, "record" | "sink">;
  /** Size of the source, in the unit of its records' `end`. */
  readonly size: number | undefined;
}

/** Sends inputs as fast as the output takes their rows, and records every outcome as it comes. */
export async function writeLive(task: Task, work: LiveWork): Promise<Ending> {
  const { output, stats, notes, environment } = task;
  const { stdout = process.stdout } = environment;
  const { size } = work;
  // Rows on a terminal show progress themselves, and would be mixed with a bar.
  const isOnTerminal =
    output.file === undefined && task.options.sample === undefined && "isTTY" in stdout && stdout.isTTY;
  const show = isOnTerminal ? undefined : await notes.startProgress(size !== undefined);
  const tooMany = new AbortController();
  const options: BatchOptions = {
    ...batchOptions(task),
    ...stopsOf(task, work.recorder.sink.failed, tooMany.signal),
    onProgress: (progress) => {
      const [share, from] = [stats.end, stats.from].map((end) =>
        size === undefined ? undefined : Math.min(1, end / size),
      );
      show?.({ done: stats.done, failed: stats.failed, share, from, progress, waitMs: waitOf(task, progress) });
    },
  };
  const forgetDrain = onDrain(task);
  try {
    return await send(task, work, options, () => {
      if (stats.failed >= (task.options.maxFailures ?? Infinity)) tooMany.abort(new TooManyFailures(stats));
    });
  } finally {
    forgetDrain();
    notes.stopProgress();
  }
}

async function send(
  { adapter, output, stats }: Task,
  work: LiveWork,
  options: BatchOptions,
  onRow: () => void,
): Promise<Ending> {
  let report: FinishReport | undefined;
  const sent = new Map<number, Step>();
  const record = (step: Step, outcome: Outcome): void | Promise<void> => {
    const recorded = work.recorder.record(step, outcome);
    onRow();
    return recorded;
  };
  const held = new HeldOutcomes((outcome) => {
    const step = sent.get(outcome.index) as Step;
    sent.delete(outcome.index);
    return record(step, outcome.status === "fulfilled" ? { output: outcome.value } : { error: outcome.reason });
  });
  // A file has room for what is early; a stream has not.
  const method = output.isFile ? "batchAsCompleted" : "batchInOrder";
  const outcomes = adapter.runnable[method](inputsOf(work, { sent, held, record, stats }), {
    ...options,
    onFinish: (finished) => {
      report = finished;
    },
  });
  let reason: Error | undefined;
  try {
    for await (const outcome of outcomes) await held.take(outcome);
  } catch (error) {
    reason = error as Error;
  }
  try {
    await held.end(reason);
  } catch (error) {
    reason ??= error as Error;
  }
  return { report, reason };
}

interface Sending {
  readonly sent: Map<number, Step>;
  readonly held: HeldOutcomes;
  readonly stats: Stats;
  readonly record: (step: Step, outcome: Outcome) => void | Promise<void>;
}

async function* inputsOf(
  { steps, recorder }: LiveWork,
  { sent, held, record, stats }: Sending,
): AsyncGenerator<unknown, void> {
  let index = 0;
  for await (const step of steps) {
    const { content, end } = step.item;
    if (step.isDone) {
      if (sent.size === 0 && stats.end === stats.from) stats.end = stats.from = end;
      continue;
    }
    if (!("input" in content)) {
      await record(step, content);
      await recorder.sink.room();
      continue;
    }
    sent.set(index++, step);
    yield content.input;
    await held.release();
  }
}

/** Milliseconds until the limits let a call of the usual size pass, while one waits. */
function waitOf({ adapter }: Task, { waitingForLimits, requests, done, usage }: Progress): number | undefined {
  if (!waitingForLimits) return undefined;
  const share = 1 / Math.max(1, requests);
  return adapter.runnable.settings?.limiter?.waitMs?.({
    requests: 1,
    inputs: done * share,
    tokens: usage.totalTokens * share,
    inputTokens: usage.inputTokens * share,
    outputTokens: usage.outputTokens * share,
  });
}

/** Signals that end a run: the user's, and those of an output that cannot be written any more, and of many failures. */
function stopsOf({ environment: { drain, signal } }: Task, failed: AbortSignal, tooMany: AbortSignal): BatchOptions {
  return {
    signal: signal === undefined ? failed : AbortSignal.any([failed, signal]),
    drain: drain === undefined ? tooMany : AbortSignal.any([tooMany, drain]),
  };
}

function onDrain({ environment: { drain }, notes }: Task): () => void {
  const say = (): void => notes.say("Stopping once the requests in flight are done. Ctrl-C again stops at once.");
  drain?.addEventListener("abort", say, { once: true });
  return () => drain?.removeEventListener("abort", say);
}
