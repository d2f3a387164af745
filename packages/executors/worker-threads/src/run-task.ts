import { type CallOptions, type CallReport, ResultError, type Runnable } from "@batchwise/core";
import type { WorkerFunction } from "./define-worker.ts";
import type { LoadedWorker } from "./load-worker.ts";
import { ABORTED, ENDED, PHASE, type Reply, RUNNING, STARTED, type Task } from "./message.ts";
import { ResultSlots } from "./result-slots.ts";
import { isCloneable } from "./transfer.ts";

/** Works on a message's inputs, each failure kept apart. Never rejects. */
export async function runTask(worker: LoadedWorker, task: Task, transferOutputs: boolean): Promise<Reply> {
  const slots = new ResultSlots(task.inputs.length, transferOutputs);
  const { signal, stop } = watch(task.state);
  const reports: CallReport[] = [];
  const options = { signal, report: (report: CallReport): unknown => reports.push(report) };
  try {
    if (worker.kind === "function") await runFunction(worker.run, task, slots, options);
    else await runRunnable(worker.runnable, task, slots, options);
  } catch (error) {
    slots.failRest(error);
  } finally {
    stop();
  }
  slots.failRest(new ResultError("Expected an outcome for each input of the Runnable, got none for this one."));
  return {
    status: "done",
    ...slots.contents(),
    reports: reports.filter((report) => isCloneable(report)),
  };
}

async function runFunction(
  run: WorkerFunction<unknown, unknown>,
  task: Task,
  slots: ResultSlots,
  options: CallOptions,
): Promise<void> {
  for (const [position, input] of task.inputs.entries()) {
    // The signal does not fire while a function blocks the event loop.
    if (Atomics.load(task.state, PHASE) === ABORTED) return;
    Atomics.store(task.state, STARTED, position + 1);
    try {
      // In turn: a thread has one core.
      // oxlint-disable-next-line no-await-in-loop
      slots.settle(position, await run(input, options));
    } catch (error) {
      slots.fail(position, error);
    }
  }
}

/** Runs the inputs by the Runnable's own bulk path, order of work, retries and isolation. */
async function runRunnable(
  runnable: Runnable<unknown, unknown>,
  task: Task,
  slots: ResultSlots,
  options: { readonly signal: AbortSignal; readonly report: (report: CallReport) => void },
): Promise<void> {
  Atomics.store(task.state, STARTED, 1);
  for await (const outcome of runnable.batchAsCompleted(task.inputs, {
    signal: options.signal,
    onFinish: ({ usage }) => {
      const used = Object.fromEntries(Object.entries(usage).filter(([, amount]) => amount > 0));
      if (Object.keys(used).length > 0) options.report({ usage: used });
    },
  })) {
    if (outcome.status === "fulfilled") slots.settle(outcome.index, outcome.value);
    else slots.fail(outcome.index, outcome.reason);
  }
}

/** Signal that follows the task's memory, which the pool writes to. */
function watch(state: Task["state"]): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const abortIfAsked = (): void => {
    if (Atomics.load(state, PHASE) === ABORTED) controller.abort();
  };
  const change = waitAsync(state, PHASE, RUNNING);
  if (change.async) void change.value.then(abortIfAsked);
  else abortIfAsked();
  return {
    signal: controller.signal,
    stop: () => {
      // Ends the wait, which would otherwise hold the memory for as long as the thread lives.
      Atomics.compareExchange(state, PHASE, RUNNING, ENDED);
      Atomics.notify(state, PHASE);
    },
  };
}

type Change =
  | { readonly async: false; readonly value: "not-equal" | "timed-out" }
  | { readonly async: true; readonly value: Promise<"ok" | "timed-out"> };

/** ES2024; the compiler's library here is ES2023. */
const { waitAsync } = Atomics as unknown as {
  readonly waitAsync: (memory: Task["state"], field: number, value: number) => Change;
};
