import { type Call, type CallResult, type Failure, Log, type SeenOutcome } from "../log.ts";
import type { Ending, Performance } from "../perform.ts";
import type { Schedule } from "../schedule.ts";

/** A run that is written by hand, for the oracle's own tests: no engine takes part in it. */
export class ScriptedRun {
  time = 0;
  readonly log: Log = new Log(() => this.time);
  timersLeft = 0;
  readonly reasons: Performance["reasons"] = { abort: new Error("aborted"), drain: new Error("drained") };
  readonly #schedule: Schedule;
  #requests = 0;

  constructor(schedule: Partial<Omit<Schedule, "options">> & { readonly options?: Partial<Schedule["options"]> } = {}) {
    const { options, ...rest } = schedule;
    const count = rest.count ?? 3;
    this.#schedule = { ...QUIET, count, distinct: count, ...rest, options: { ...QUIET.options, ...options } };
  }

  start(...keys: number[]): Call {
    this.#requests++;
    return this.log.startCall(keys);
  }

  /** The call comes back after `ms` milliseconds with a value for each input, or as `result` says. */
  end(call: Call, ms: number, result: CallResult = answerOf(call)): CallResult {
    this.time += ms;
    this.log.endCall(call, result);
    return result;
  }

  /** One call from start to end; gives its values. */
  call(...keys: number[]): unknown[] {
    const call = this.start(...keys);
    const result = this.end(call, 5);
    return result.kind === "answered" ? result.slots.map((slot) => slot.kind === "value" && slot.value) : [];
  }

  idle(): void {
    this.log.add({ type: "idle" });
  }

  receive(index: number, value: unknown): void {
    const outcome: SeenOutcome = { index, input: index, status: "fulfilled", value };
    this.log.add({ type: "received", outcome });
  }

  /** Ends the run, with a report that counts `rejected` failures, and `retries`. */
  finish(ending: Ending, { rejected = 0, retries = 0 }: { rejected?: number; retries?: number } = {}): Performance {
    const fulfilled = this.#schedule.count - rejected;
    const counts = { fulfilled, rejected, unfinished: 0, requests: this.#requests, retries };
    this.log.add({ type: "finish", report: { status: "completed", ...counts, outcomes: [] } });
    const settled = this.log.add({ type: "settled" });
    return {
      schedule: this.#schedule,
      log: this.log,
      ending,
      settled,
      timersLeft: this.timersLeft,
      reasons: this.reasons,
    };
  }
}

/** A call that threw this failure. */
export function threw(failure: Partial<Failure>): CallResult {
  return { kind: "threw", failure: { ...SILENT, thrown: new Error("failed"), ...failure } };
}

const SILENT: Omit<Failure, "thrown"> = {
  retryable: undefined,
  stops: false,
  position: undefined,
  limited: false,
  retryAfterMs: undefined,
};

function answerOf(call: Call): CallResult {
  const slots = call.keys.map((key) => ({ kind: "value", value: { key, call: call.number }, refused: false }) as const);
  return { kind: "answered", slots };
}

const QUIET: Schedule = {
  hook: "invoke",
  reading: "batch",
  count: 0,
  distinct: 0,
  behaviors: [],
  latencies: [5],
  tokens: [1],
  source: { kind: "array", delays: [0], failsAt: undefined, stallsAt: undefined },
  consumer: { delays: [0], breaksAt: undefined },
  careless: false,
  greedy: false,
  weighed: false,
  options: {
    place: "call",
    maxConcurrency: undefined,
    retry: undefined,
    timeoutMs: undefined,
    maxWaitMs: undefined,
    request: undefined,
    requestElsewhere: undefined,
    limiter: undefined,
    dedupe: undefined,
    schema: undefined,
    maxTokens: undefined,
    maxCost: undefined,
    hooks: false,
  },
  abortAt: undefined,
  drainAt: undefined,
  errorReasons: true,
  seed: 1,
};
