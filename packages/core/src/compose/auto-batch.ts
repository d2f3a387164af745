import type { CallOptions } from "../contract/call.ts";
import type { BatchOptions, RunnableSettings } from "../contract/runnable.ts";
import { type Clock, systemClock } from "../contract/clock.ts";
import { WRAPPED } from "../contract/marks.ts";
import { IS_WORKERD } from "../contract/runtime.ts";
import { type Check, checkAll, CLOCK, COUNT, NOT_NEGATIVE } from "../contract/option-checks.ts";
import { Runnable } from "../runnable.ts";
import { requireRunnable } from "./functions.ts";

/** Options of `autoBatch`. */
export interface AutoBatchOptions {
  /** Milliseconds that the first call waits for others. @default 5. Minimum 0: those of one turn of the event loop */
  readonly maxWaitMs?: number | undefined;
  /** Calls that are sent without waiting any longer. @default Infinity: the Runnable packs its requests itself */
  readonly maxInputs?: number | undefined;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/**
 * Gathers calls to `invoke` that come about the same time into one batch, so that a server's single requests ride the
 * bulk path too. Each call keeps its own signal and its own outcome. `batch` goes to the Runnable as it is.
 *
 * On Cloudflare's workerd, where one request cannot wait for another, it gathers the calls of one turn, such as those
 * of one `Promise.all`.
 *
 * @throws ArgumentError for options that can't be worked with
 *
 * @example
 * const gathered = autoBatch(embeddings, { maxWaitMs: 10 });
 * app.get("/similar", async (request) => search(await gathered.invoke(request.query)));
 */
export function autoBatch<Input, Output>(
  inner: Runnable<Input, Output>,
  options: AutoBatchOptions = {},
): Runnable<Input, Output> {
  checkAll("options", options, CHECKS);
  const { maxWaitMs = 5, maxInputs = Infinity } = options;
  return new AutoBatched(inner, maxWaitMs, maxInputs, options.clock ?? systemClock);
}

/** Changes a Runnable; of one that gathers calls, the Runnable that they go to. */
export function insideGathering<Input, Output>(
  runnable: Runnable<Input, Output>,
  change: (inner: Runnable<Input, Output>) => Runnable<Input, Output>,
): Runnable<Input, Output> {
  return runnable instanceof AutoBatched
    ? runnable.around((inner) => insideGathering(inner, change))
    : change(runnable);
}

const CHECKS: Record<keyof AutoBatchOptions, Check> = { maxWaitMs: NOT_NEGATIVE, maxInputs: COUNT, clock: CLOCK };

/** One call to `invoke`. */
interface Call<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (reason: unknown) => void;
}

/** Calls that go out together. */
interface Group<Input, Output> {
  /** Their options, signals and reports aside: only calls that agree on them share a request. */
  readonly options: CallOptions;
  readonly unanswered: Set<Call<Input, Output>>;
  /** Aborted when no call waits for an answer any more. */
  readonly controller: AbortController;
  readonly cancelTimer: (() => void) | void;
}

class AutoBatched<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly [WRAPPED]: Runnable<Input, Output>;
  readonly #maxWaitMs: number;
  readonly #maxInputs: number;
  readonly #clock: Clock;
  readonly #gathering = new Set<Group<Input, Output>>();

  constructor(inner: Runnable<Input, Output>, maxWaitMs: number, maxInputs: number, clock: Clock) {
    super();
    this[WRAPPED] = requireRunnable(inner);
    this.settings = inner.settings ?? {};
    this.#maxWaitMs = maxWaitMs;
    this.#maxInputs = maxInputs;
    this.#clock = clock;
  }

  /** Gathers in the same way for the Runnable that `change` makes of the one inside. */
  around(change: (inner: Runnable<Input, Output>) => Runnable<Input, Output>): Runnable<Input, Output> {
    return new AutoBatched(change(this[WRAPPED]), this.#maxWaitMs, this.#maxInputs, this.#clock);
  }

  override invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const { signal, report: _report, ...own } = options;
    return new Promise<Output>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const group = this.#groupFor(own);
      const leave = (): void => {
        group.unanswered.delete(call);
        signal?.removeEventListener("abort", onAbort);
      };
      const call: Call<Input, Output> = {
        input,
        resolve: (output) => (leave(), resolve(output)),
        reject: (reason) => (leave(), reject(reason)),
      };
      // A call that is not wanted any more leaves at once; if it has not been sent, it never is.
      const onAbort = (): void => {
        call.reject(signal?.reason);
        if (group.unanswered.size === 0) group.controller.abort(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      group.unanswered.add(call);
      if (group.unanswered.size >= this.#maxInputs) void this.#send(group);
    });
  }

  #groupFor(options: CallOptions): Group<Input, Output> {
    for (const group of this.#gathering) {
      if (sameOptions(group.options, options)) return group;
    }
    const send = (): void => void this.#send(group);
    // On workerd the calls of one turn are one request's: its timer and its answer could not serve another.
    const cancelTimer = IS_WORKERD ? queueMicrotask(send) : this.#clock.after(this.#maxWaitMs, send);
    const group: Group<Input, Output> = {
      options,
      unanswered: new Set(),
      controller: new AbortController(),
      cancelTimer,
    };
    this.#gathering.add(group);
    return group;
  }

  async #send(group: Group<Input, Output>): Promise<void> {
    group.cancelTimer?.();
    if (!this.#gathering.delete(group)) return;
    const calls = [...group.unanswered];
    const inputs = calls.map((call) => call.input);
    const options: BatchOptions<Input, Output> = {
      ...group.options,
      signal: group.controller.signal,
      clock: this.#clock,
    };
    try {
      for await (const outcome of this.batchAsCompleted(inputs, options)) {
        const call = calls[outcome.index] as Call<Input, Output>;
        if (outcome.status === "fulfilled") call.resolve(outcome.value);
        else call.reject(outcome.reason);
      }
    } catch (error) {
      for (const call of group.unanswered) call.reject(error);
    }
  }
}

/** Tells whether two calls' own options are the same, symbols such as a nested call's permit included. */
function sameOptions(one: CallOptions, other: CallOptions): boolean {
  const keys = Reflect.ownKeys(one);
  return (
    keys.length === Reflect.ownKeys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && Object.is(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
