import { InputError, ProviderError } from "@batchwise/core";
import type { Call, CallResult, Failure, Log, SlotAnswer } from "./log.ts";
import {
  type Behaviour,
  type PermanentFailure,
  RETRY_AFTER_MS,
  type RetryableFailure,
  type Schedule,
} from "./schedule.ts";
import type { WorldTimers } from "./world-timers.ts";

/** What a call of the backend comes to. */
interface Plan {
  readonly result: CallResult;
  /** Infinity: until its signal is aborted, and a careless call forever. */
  readonly latencyMs: number;
  readonly atOnce: boolean;
}

/** Answers as the schedule says, and writes down every call. */
export class Backend {
  readonly #schedule: Schedule;
  readonly #log: Log;
  readonly #timers: WorldTimers;
  readonly #behaviours: Map<number, Behaviour>;
  /** Calls so far that held an input. */
  readonly #tries = new Map<number, number>();

  constructor(schedule: Schedule, log: Log, timers: WorldTimers) {
    this.#schedule = schedule;
    this.#log = log;
    this.#timers = timers;
    const distinct = Math.max(1, schedule.distinct);
    this.#behaviours = new Map(schedule.behaviours.map(([key, behaviour]) => [key % distinct, behaviour]));
  }

  /** One call with these inputs; settles, or throws at once, as its plan says. */
  call(inputs: readonly number[], signal: AbortSignal | undefined): Promise<CallResult> {
    const call = this.#log.startCall([...inputs]);
    if (signal?.aborted === true) this.#log.faults.push(`call ${call.number} started with an aborted signal`);
    const plan = this.#plan(call);
    if (plan.atOnce) {
      this.#log.endCall(call, plan.result);
      throw thrownBy(plan.result);
    }
    return new Promise((resolve, reject) => {
      let cancel = (): void => {};
      const end = (result: CallResult): void => {
        if (call.end !== undefined) return;
        signal?.removeEventListener("abort", onAbort);
        this.#log.endCall(call, result);
        if (result.kind === "threw") reject(result.failure.thrown);
        else if (result.kind === "gave up") reject(signal?.reason);
        else resolve(result);
      };
      const onAbort = (): void => {
        this.#log.abortCall(call);
        if (this.#schedule.careless) return;
        cancel();
        end({ kind: "gave up" });
      };
      signal?.addEventListener("abort", onAbort);
      if (plan.latencyMs === 0) end(plan.result);
      else if (plan.latencyMs !== Infinity) cancel = this.#timers.after(plan.latencyMs, () => end(plan.result));
    });
  }

  #plan(call: Call): Plan {
    const behaviours = call.keys.map((key) => {
      const tries = (this.#tries.get(key) ?? 0) + 1;
      this.#tries.set(key, tries);
      const behaviour = this.#behaviours.get(key);
      return behaviour !== undefined && "times" in behaviour && tries > behaviour.times ? undefined : behaviour;
    });
    const { latencies } = this.#schedule;
    const latencyMs = latencies[(call.number + (call.keys[0] ?? 0)) % latencies.length] ?? 0;
    if (behaviours.some((each) => each?.kind === "hang")) {
      return { result: { kind: "gave up" }, latencyMs: Infinity, atOnce: false };
    }
    const position = behaviours.findIndex((each) => failsWhole(each));
    if (position !== -1) {
      const behaviour = behaviours[position] as Behaviour;
      const result: CallResult = { kind: "threw", failure: failureOf(behaviour, position) };
      return { result, latencyMs, atOnce: "scope" in behaviour && behaviour.scope === "at once" };
    }
    if (behaviours.some((each) => each?.kind === "malformed")) {
      return { result: { kind: "malformed" }, latencyMs, atOnce: false };
    }
    const slots = call.keys.map((key, index) => answerOf(behaviours[index], key, call.number));
    return { result: { kind: "answered", slots }, latencyMs, atOnce: false };
  }
}

function thrownBy(result: CallResult): unknown {
  return result.kind === "threw" ? result.failure.thrown : undefined;
}

function failsWhole(behaviour: Behaviour | undefined): boolean {
  if (behaviour?.kind === "stop") return true;
  return (behaviour?.kind === "flaky" || behaviour?.kind === "bad input") && behaviour.scope !== "slot";
}

function answerOf(behaviour: Behaviour | undefined, key: number, call: number): SlotAnswer {
  if (behaviour?.kind === "flaky" || behaviour?.kind === "bad input") {
    return { kind: "error", failure: failureOf(behaviour, undefined) };
  }
  const refused = behaviour?.kind === "refused";
  // A value of its own for each call, so that no two can be taken for each other.
  const value = behaviour?.kind === "falsy" ? behaviour.value : { key, call, refused };
  return { kind: "value", value, refused };
}

const NOTHING = {
  retryable: undefined,
  stops: false,
  position: undefined,
  limited: false,
  retryAfterMs: undefined,
} as const;

function failureOf(behaviour: Behaviour, at: number | undefined): Failure {
  if (behaviour.kind === "stop") {
    const thrown = new ProviderError("Refused.", { retryable: false, status: 401, code: behaviour.code });
    return { ...NOTHING, thrown, retryable: false, stops: true };
  }
  if (behaviour.kind === "flaky") return retryable(behaviour.failure);
  if (behaviour.kind === "bad input") return permanent(behaviour.failure, behaviour.named ? at : undefined);
  throw new Error(`Expected a behaviour that fails, got ${behaviour.kind}.`);
}

function retryable(failure: RetryableFailure): Failure {
  switch (failure) {
    case "busy":
      return { ...NOTHING, thrown: new ProviderError("Busy.", { retryable: true, status: 503 }), retryable: true };
    case "limited":
      return { ...NOTHING, thrown: limited(undefined), retryable: true, limited: true };
    case "limited with a wait":
      return {
        ...NOTHING,
        thrown: limited(RETRY_AFTER_MS),
        retryable: true,
        limited: true,
        retryAfterMs: RETRY_AFTER_MS,
      };
    case "plain":
      return { ...NOTHING, thrown: new Error("What is this?") };
    case "thrown value":
      return { ...NOTHING, thrown: { what: "no error" } };
  }
}

function permanent(failure: PermanentFailure, position: number | undefined): Failure {
  const named = position === undefined ? {} : { position };
  switch (failure) {
    case "input":
      return { ...NOTHING, thrown: new InputError("Refused.", named), retryable: false, position };
    case "provider":
      return {
        ...NOTHING,
        thrown: new ProviderError("Refused.", { retryable: false, status: 400, ...named }),
        retryable: false,
        position,
      };
    case "too large":
      return {
        ...NOTHING,
        thrown: new ProviderError("Too large.", { retryable: false, status: 413, code: "request_too_large" }),
        retryable: false,
      };
    case "plain":
      return { ...NOTHING, thrown: new Error("Always so.") };
  }
}

function limited(retryAfterMs: number | undefined): ProviderError {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new ProviderError("Too many.", { retryable: true, status: 429, code: "rate_limited", ...wait });
}
