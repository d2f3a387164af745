import { type CallOptions, InputError } from "@batchwise/core";
import { WorkerCrashError, WorkerLoadError } from "./errors.ts";
import type { Reply } from "./message.ts";
import type { Answer, SendOptions, Threads } from "./threads.ts";
import { transferablesIn } from "./transfer.ts";
import { decodeError } from "./wire-error.ts";

/** Outcome of one input. */
export type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Error };

/** Options of a delivery. */
export interface DeliverOptions extends CallOptions {
  readonly transferInputs: boolean;
}

/**
 * Sends a chunk of inputs to a thread, as one message. When the thread ends, each input is sent once more, alone and in
 * turn, so that the one that ends threads is found and its neighbors get their outcomes. That costs one more thread for
 * each such input, where halving the chunk would cost a logarithm of them.
 *
 * @throws the signal's reason when `signal` is aborted; nothing else.
 */
export async function deliver(
  threads: Threads,
  inputs: readonly unknown[],
  options: DeliverOptions,
): Promise<Outcome[]> {
  const first = await send(threads, inputs, options);
  if (first.status === "answered") return outcomesOf(first.reply, inputs.length, options);
  if (options.transferInputs || (first.status === "unsendable" && inputs.length === 1)) return failed(inputs, first);
  if (first.status === "crashed" && !first.started) {
    const second = await send(threads, inputs, options);
    if (second.status === "answered") return outcomesOf(second.reply, inputs.length, options);
    if (second.status === "crashed" && !second.started) return failed(inputs, second);
  }
  const outcomes: Outcome[] = [];
  for (const input of inputs) {
    // In turn: the chunk was admitted as one message.
    // oxlint-disable-next-line no-await-in-loop
    const alone = await send(threads, [input], options);
    outcomes.push(...(alone.status === "answered" ? outcomesOf(alone.reply, 1, options) : failed([input], alone)));
  }
  return outcomes;
}

function send(threads: Threads, inputs: readonly unknown[], options: DeliverOptions): Promise<Answer> {
  const { signal } = options;
  const sendOptions: SendOptions = {
    ...(signal === undefined ? {} : { signal }),
    ...(options.transferInputs ? { transfer: transferablesIn(inputs) } : {}),
  };
  return threads.send(inputs, sendOptions);
}

function outcomesOf(reply: Reply, count: number, { report }: DeliverOptions): Outcome[] {
  if (reply.status === "unloaded") {
    const error = decodeError(reply.error);
    return Array.from({ length: count }, () => ({ ok: false, error }));
  }
  for (const each of reply.reports) report?.(each);
  const outcomes: Outcome[] = reply.outputs.map((value) => ({ ok: true, value }));
  for (const [position, error] of reply.failures) outcomes[position] = { ok: false, error: decodeError(error) };
  return outcomes;
}

function failed(inputs: readonly unknown[], answer: Exclude<Answer, { status: "answered" }>): Outcome[] {
  return inputs.map(() => ({ ok: false, error: errorFor(answer) }));
}

function errorFor(answer: Exclude<Answer, { status: "answered" }>): Error {
  if (answer.status === "unsendable") {
    return new InputError(
      "Expected an input that structuredClone takes (plain data, buffers, Maps, Sets or dates), got one with a function, a " +
        "symbol, a Proxy or a detached buffer: it cannot cross to a worker thread. The refusal is in `cause`.",
      { cause: answer.reason },
    );
  }
  if (!answer.started) {
    return new WorkerLoadError(
      "Expected a worker thread to start and load the worker module, got one that ended before. How it ended is in " +
        "`cause`: look at the module's own top level, and at execArgv and resourceLimits.",
      { cause: answer.reason },
    );
  }
  return new WorkerCrashError(
    "Expected the worker to return or to throw, got a thread that ended over this item, and again where a second try was " +
      "possible. How it ended is in `cause`: look for process.exit, an uncaught exception, or memory beyond " +
      "resourceLimits.",
    { cause: answer.reason },
  );
}
