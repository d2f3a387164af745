import { ResultError } from "@batchwise/core";
import type { Reply } from "./message.ts";
import { isCloneable, transferablesIn } from "./transfer.ts";
import { type EncodedError, encodeError } from "./wire-error.ts";

/** Outcomes of a message, one an input, each known to fit into the reply. */
export class ResultSlots {
  readonly #outputs: unknown[];
  readonly #failures = new Map<number, EncodedError>();
  readonly #open: Set<number>;
  readonly #transferOutputs: boolean;

  constructor(count: number, transferOutputs: boolean) {
    this.#outputs = Array.from({ length: count }, () => undefined);
    this.#open = new Set(this.#outputs.keys());
    this.#transferOutputs = transferOutputs;
  }

  /** Takes an output. An Error, or a value that no message can hold, is a failure of this slot alone. */
  settle(position: number, output: unknown): void {
    if (output instanceof Error) {
      this.fail(position, output);
      return;
    }
    const moved = this.#transferOutputs ? transferablesIn(output) : [];
    if (isCloneable(output, moved)) {
      this.#outputs[position] = output;
      this.#open.delete(position);
    } else {
      this.fail(position, new ResultError(this.#transferOutputs ? UNFIT_WITH_TRANSFER : UNFIT));
    }
  }

  fail(position: number, thrown: unknown): void {
    this.#failures.set(position, encodeError(thrown));
    this.#open.delete(position);
  }

  /** Fails every slot that has no outcome yet. */
  failRest(thrown: unknown): void {
    for (const position of this.#open) this.fail(position, thrown);
  }

  contents(): Pick<Extract<Reply, { status: "done" }>, "outputs" | "failures"> {
    return { outputs: this.#outputs, failures: [...this.#failures] };
  }
}

const UNFIT =
  "Expected the worker to return plain data, buffers, Maps, Sets or dates, got a value that cannot cross to another " +
  "thread: a function, a symbol, a Proxy, a port or a detached buffer. For a port set transferOutputs: true.";

const UNFIT_WITH_TRANSFER =
  "Expected the worker to return plain data, buffers, Maps, Sets or dates, got a value that cannot cross to another " +
  "thread: a function, a symbol, a Proxy or a detached buffer. With transferOutputs: true every output needs buffers of " +
  "its own: one that the worker returned before is gone.";
