import { ArgumentError, type CallOptions, type Clock, type Usage } from "@batchwise/core";

import { Gauge } from "./gauge.ts";

/** One call that the backend received. */
export interface BackendCall<Input> {
  /** Position among the backend's calls, from 0. */
  readonly number: number;
  readonly inputs: readonly Input[];
  /** Signal that was handed over with the call. */
  readonly signal: AbortSignal | undefined;
  /** Form of the answers: with their index where true, as `callIndexed` gives them. */
  readonly indexed: boolean;
  /** Milliseconds of the backend's clock. */
  readonly startedAt: number;
  /** Milliseconds of the backend's clock; undefined while it is running. */
  readonly endedAt: number | undefined;
  readonly status: "running" | "answered" | "failed";
}

/** An answer with the position of its input within the call, as providers send it. */
export interface IndexedAnswer<Answer> {
  readonly index: number;
  readonly answer: Answer | Error;
}

/** Behavior of the backend. What is left out behaves well and at once. */
export interface Script<Input, Answer> {
  /** Answer to an input; an Error fails the input's slot alone. @default the backend's own `answer` */
  readonly answer?: (input: Input) => Answer | Error;
  /** Error of the whole call, once it has taken its time; undefined lets it answer. */
  readonly failure?: (call: BackendCall<Input>) => Error | undefined;
  /** Time that a call takes on the clock, in milliseconds. @default 0, no timer at all */
  readonly latencyMs?: (call: BackendCall<Input>) => number;
  /** Keeps the calls open, for which it returns true, until `release`. @default none */
  readonly hold?: (call: BackendCall<Input>) => boolean;
  /** Fails a call with its signal's reason as soon as that is aborted. @default true */
  readonly heedsSignal?: boolean;
  /** Usage of a call that is answered, told to the call's own `report`, if it was handed one. @default none */
  readonly usage?: (call: BackendCall<Input>) => Usage;
  /** Changes the answers on their way out: fewer, more, another order, wrong indexes. */
  readonly reshape?: (answers: readonly IndexedAnswer<Answer>[]) => readonly IndexedAnswer<Answer>[];
}

/** Options of a call to the backend: those of a Runnable's call can be handed on whole. */
interface BackendCallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly report?: CallOptions["report"] | undefined;
}

/** Options of a scripted backend. */
export interface ScriptedBackendOptions<Input, Answer> extends Script<Input, Answer> {
  readonly answer: (input: Input) => Answer | Error;
  readonly clock: Clock;
  /** Counts the calls in flight. @default one of its own */
  readonly gauge?: Gauge;
}

/**
 * Stand-in for a provider behind an adapter under test: it answers as its script says, holds calls open until they are
 * released, and remembers every call. It takes any number of inputs a call.
 */
export class ScriptedBackend<Input, Answer> {
  /** Behavior from now on. */
  script: Script<Input, Answer>;
  /** Counts the calls in flight. */
  readonly gauge: Gauge;
  readonly #answer: (input: Input) => Answer | Error;
  readonly #clock: Clock;
  readonly #calls: MutableCall<Input>[] = [];
  readonly #held = new Map<BackendCall<Input>, () => void>();

  constructor(options: ScriptedBackendOptions<Input, Answer>) {
    if (typeof options.answer !== "function") {
      throw new ArgumentError(
        `Expected \`answer\` to be a function from an input to its answer, got ${typeof options.answer}. Give one.`,
      );
    }
    this.script = options;
    this.gauge = options.gauge ?? new Gauge();
    this.#answer = options.answer;
    this.#clock = options.clock;
  }

  /** Calls so far, in the order in which they started. */
  get calls(): readonly BackendCall<Input>[] {
    return this.#calls;
  }

  /** Calls that have not ended. */
  get running(): readonly BackendCall<Input>[] {
    return this.#calls.filter((call) => call.status === "running");
  }

  /** Calls that wait for `release`, oldest first. */
  get held(): readonly BackendCall<Input>[] {
    return [...this.#held.keys()];
  }

  /**
   * Resolves to answers in the order of `inputs`; an Error in a slot fails that slot alone.
   *
   * @throws what the script's `failure` gives, or the signal's reason.
   */
  async call(inputs: readonly Input[], options: BackendCallOptions = {}): Promise<(Answer | Error)[]> {
    return (await this.#take(inputs, options, false)).map((each) => each.answer);
  }

  /**
   * Resolves to answers for a wire that sends the position of the input with each.
   *
   * @throws what the script's `failure` gives, or the signal's reason.
   */
  async callIndexed(
    inputs: readonly Input[],
    options: BackendCallOptions = {},
  ): Promise<readonly IndexedAnswer<Answer>[]> {
    return this.#take(inputs, options, true);
  }

  /** Lets a held call continue; without an argument, all of them. */
  release(call?: BackendCall<Input>): void {
    const calls = call === undefined ? this.held : [call];
    for (const each of calls) {
      this.#held.get(each)?.();
      this.#held.delete(each);
    }
  }

  async #take(
    inputs: readonly Input[],
    { signal, report }: BackendCallOptions,
    indexed: boolean,
  ): Promise<readonly IndexedAnswer<Answer>[]> {
    const call: MutableCall<Input> = {
      number: this.#calls.length,
      inputs: [...inputs],
      signal,
      indexed,
      startedAt: this.#clock.now(),
      endedAt: undefined,
      status: "running",
    };
    this.#calls.push(call);
    const leave = this.gauge.enter();
    // The script of the moment in which the call began: a later one is for later calls.
    const { script } = this;
    try {
      if (script.heedsSignal ?? true) await untilAborted(this.#time(call, script), signal);
      else await this.#time(call, script);
      const failure = script.failure?.(call);
      if (failure !== undefined) throw failure;
      const answer = script.answer ?? this.#answer;
      const answers = call.inputs.map((input, index) => ({ index, answer: answer(input) }));
      call.status = "answered";
      if (script.usage !== undefined) report?.({ usage: script.usage(call) });
      return script.reshape?.(answers) ?? answers;
    } catch (error) {
      call.status = "failed";
      throw error;
    } finally {
      call.endedAt = this.#clock.now();
      this.#held.delete(call);
      leave();
    }
  }

  async #time(call: BackendCall<Input>, script: Script<Input, Answer>): Promise<void> {
    const latency = script.latencyMs?.(call) ?? 0;
    if (latency > 0) {
      await new Promise<void>((resolve) => {
        this.#clock.after(latency, resolve);
      });
    }
    if (script.hold?.(call) === true) {
      await new Promise<void>((resolve) => {
        this.#held.set(call, resolve);
      });
    }
  }
}

type MutableCall<Input> = { -readonly [Key in keyof BackendCall<Input>]: BackendCall<Input>[Key] };

/** Settles like `work`, or rejects with the signal's reason when that comes first. */
async function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const listening = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true, signal: listening.signal });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    listening.abort();
  }
}
