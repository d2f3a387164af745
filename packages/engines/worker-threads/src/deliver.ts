import { type CallOptions, InputError } from "@batchwise/core";
import { WorkerCrashError, WorkerLoadError } from "./errors.ts";
import type { Reply } from "./message.ts";
import type { Answer, SendOptions, Threads } from "./threads.ts";
import { transferablesIn } from "./transfer.ts";
import { decodeError } from "./wire-error.ts";

/** What became of one input. */
export type Slot = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Error };

/** Options of a delivery. */
export interface DeliverOptions extends CallOptions {
  readonly transferInputs: boolean;
}

/**
 * Has a chunk of inputs worked on: one message, if all goes well. When its thread ends, each input is sent once more,
 * alone and in turn, so that the one that ends threads is found and its neighbours come through. That costs one more
 * thread for each such input, where halving the chunk would cost a logarithm of them.
 *
 * @throws the signal's reason when `signal` is aborted; nothing else.
 */
export async function deliver(threads: Threads, inputs: readonly unknown[], options: DeliverOptions): Promise<Slot[]> {
  const first = await send(threads, inputs, options);
  if (first.status === "answered") return slotsOf(first.reply, inputs.length, options);
  if (options.transferInputs || (first.status === "unsendable" && inputs.length === 1)) return failed(inputs, first);
  if (first.status === "crashed" && !first.started) {
    const second = await send(threads, inputs, options);
    if (second.status === "answered") return slotsOf(second.reply, inputs.length, options);
    if (second.status === "crashed" && !second.started) return failed(inputs, second);
  }
  const slots: Slot[] = [];
  for (const input of inputs) {
    // In turn: the chunk was let in as one message, and keeps to it.
    // oxlint-disable-next-line no-await-in-loop
    const alone = await send(threads, [input], options);
    slots.push(...(alone.status === "answered" ? slotsOf(alone.reply, 1, options) : failed([input], alone)));
  }
  return slots;
}

function send(threads: Threads, inputs: readonly unknown[], options: DeliverOptions): Promise<Answer> {
  const { signal } = options;
  const sendOptions: SendOptions = {
    ...(signal === undefined ? {} : { signal }),
    ...(options.transferInputs ? { transfer: transferablesIn(inputs) } : {}),
  };
  return threads.send(inputs, sendOptions);
}

function slotsOf(reply: Reply, count: number, { report }: DeliverOptions): Slot[] {
  if (reply.status === "unloaded") {
    const error = decodeError(reply.error);
    return Array.from({ length: count }, () => ({ ok: false, error }));
  }
  for (const each of reply.reports) report?.(each);
  const slots: Slot[] = reply.outputs.map((value) => ({ ok: true, value }));
  for (const [position, error] of reply.failures) slots[position] = { ok: false, error: decodeError(error) };
  return slots;
}

function failed(inputs: readonly unknown[], answer: Exclude<Answer, { status: "answered" }>): Slot[] {
  return inputs.map(() => ({ ok: false, error: errorFor(answer) }));
}

function errorFor(answer: Exclude<Answer, { status: "answered" }>): Error {
  if (answer.status === "unsendable") {
    return new InputError(
      "This input cannot cross to a worker thread: expected plain data, buffers, Maps, Sets or dates that structuredClone " +
        "takes; functions, symbols, Proxies and detached buffers are none. What refused it is in `cause`.",
      { cause: answer.reason },
    );
  }
  if (!answer.started) {
    return new WorkerLoadError(
      "A worker thread ended before it could work on anything, while it started or loaded the worker module. " +
        "How it ended is in `cause`; look at the module's own top level, and at execArgv and resourceLimits.",
      { cause: answer.reason },
    );
  }
  return new WorkerCrashError(
    "The worker thread ended while it worked on this item, and did so again where a second try was possible. Expected " +
      "the worker to return or to throw; how it ended is in `cause`: look for process.exit, an uncaught exception, or " +
      "memory beyond resourceLimits.",
    { cause: answer.reason },
  );
}
