import { type Clock, systemClock } from "../clock.ts";
import { ArgumentError } from "../errors.ts";
import type { BatchOptions, CallOptions, RunnableSettings } from "../options.ts";
import { WRAPPED } from "../engine/strategy.ts";
import { Runnable } from "../runnable.ts";

/** Options of `autoBatch`. */
export interface AutoBatchOptions {
  /** How long the first call waits for others, in milliseconds. @default 5. Minimum 0: those of one turn of the event loop */
  readonly maxWaitMs?: number;
  /** Calls that are sent without waiting any longer. @default Infinity: the Runnable packs its requests itself */
  readonly maxInputs?: number;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}

/**
 * Gathers calls to `invoke` that come about the same time into one batch, so that a server's single requests ride the
 * bulk path too. Each call keeps its own signal and its own outcome. `batch` goes to the Runnable as it is.
 *
 * @throws ArgumentError for options that can't be worked with
 *
 * @example
 * const gathered = autoBatch(embeddings, { maxWaitMs: 10 });
 * app.get("/similar", async (request) => search(await gathered.invoke(request.query)));
 */
export function autoBatch<Input, Output>(inner: Runnable<Input, Output>, options: AutoBatchOptions = {}): Runnable<Input, Output> {
  const { maxWaitMs = 5, maxInputs = Infinity } = options;
  if (!(maxWaitMs >= 0)) throw new ArgumentError(`maxWaitMs: expected a number from 0, got ${String(maxWaitMs)}.`);
  if (!(maxInputs >= 1)) throw new ArgumentError(`maxInputs: expected a number from 1, got ${String(maxInputs)}.`);
  return new AutoBatched(inner, maxWaitMs, maxInputs, options.clock ?? systemClock);
}

interface Call<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

class AutoBatched<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly [WRAPPED]: Runnable<Input, Output>;
  readonly #maxWaitMs: number;
  readonly #maxInputs: number;
  readonly #clock: Clock;
  #calls: Call<Input, Output>[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(inner: Runnable<Input, Output>, maxWaitMs: number, maxInputs: number, clock: Clock) {
    super();
    this[WRAPPED] = inner;
    this.settings = inner.settings ?? {};
    this.#maxWaitMs = maxWaitMs;
    this.#maxInputs = maxInputs;
    this.#clock = clock;
  }

  override invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const { signal } = options;
    return new Promise<Output>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const call: Call<Input, Output> = { input, resolve, reject, signal };
      // A call that is not wanted any more leaves at once; if it has not been sent, it never is.
      signal?.addEventListener("abort", () => this.#withdraw(call), { once: true });
      this.#calls.push(call);
      if (this.#calls.length >= this.#maxInputs) void this.#send();
      else this.#cancelTimer ??= this.#clock.after(this.#maxWaitMs, () => void this.#send());
    });
  }

  #withdraw(call: Call<Input, Output>): void {
    this.#calls = this.#calls.filter((each) => each !== call);
    call.reject(call.signal?.reason);
  }

  async #send(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const calls = this.#calls;
    this.#calls = [];
    const unanswered = new Set(calls);
    const controller = new AbortController();
    // Work that nobody waits for any more is ended.
    for (const call of calls) {
      call.signal?.addEventListener("abort", () => {
        unanswered.delete(call);
        if (unanswered.size === 0) controller.abort(call.signal?.reason);
      }, { once: true });
    }
    const options: BatchOptions<Input, Output> = { signal: controller.signal, clock: this.#clock };
    try {
      for await (const outcome of this.batchAsCompleted(calls.map((call) => call.input), options)) {
        const call = calls[outcome.index] as Call<Input, Output>;
        unanswered.delete(call);
        if (outcome.status === "fulfilled") call.resolve(outcome.value);
        else call.reject(outcome.reason);
      }
    } catch (error) {
      for (const call of unanswered) call.reject(error);
    }
  }
}
