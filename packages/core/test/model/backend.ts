import { InputError, ProviderError } from "@batchwise/core";
import type { Call, CallResult, Failure, Log, SlotAnswer } from "./log.ts";
import {
  type Behavior,
  type PermanentFailure,
  RETRY_AFTER_MS,
  type RetryableFailure,
  type Schedule,
} from "./schedule.ts";
import type { WorldTimers } from "./world-timers.ts";

/** Outcome of a call of the backend. */
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
  readonly #behaviors: Map<number, Behavior>;
  /** Calls so far that held an input. */
  readonly #tries = new Map<number, number>();

  constructor(schedule: Schedule, log: Log, timers: WorldTimers) {
    this.#schedule = schedule;
    this.#log = log;
    this.#timers = timers;
    const distinct = Math.max(1, schedule.distinct);
    this.#behaviors = new Map(schedule.behaviors.map(([key, behavior]) => [key % distinct, behavior]));
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
    const behaviors = call.keys.map((key) => {
      const tries = (this.#tries.get(key) ?? 0) + 1;
      this.#tries.set(key, tries);
      const behavior = this.#behaviors.get(key);
      return behavior !== undefined && "times" in behavior && tries > behavior.times ? undefined : behavior;
    });
    const { latencies } = this.#schedule;
    const latencyMs = latencies[(call.number + (call.keys[0] ?? 0)) % latencies.length] ?? 0;
    if (behaviors.some((each) => each?.kind === "hang")) {
      return { result: { kind: "gave up" }, latencyMs: Infinity, atOnce: false };
    }
    const position = behaviors.findIndex((each) => failsWhole(each));
    if (position !== -1) {
      const behavior = behaviors[position] as Behavior;
      const result: CallResult = { kind: "threw", failure: failureOf(behavior, position) };
      return { result, latencyMs, atOnce: "scope" in behavior && behavior.scope === "at once" };
    }
    if (behaviors.some((each) => each?.kind === "malformed")) {
      return { result: { kind: "malformed" }, latencyMs, atOnce: false };
    }
    const slots = call.keys.map((key, index) => answerOf(behaviors[index], key, call.number));
    return { result: { kind: "answered", slots }, latencyMs, atOnce: false };
  }
}

function thrownBy(result: CallResult): unknown {
  return result.kind === "threw" ? result.failure.thrown : undefined;
}

function failsWhole(behavior: Behavior | undefined): boolean {
  if (behavior?.kind === "stop") return true;
  return (behavior?.kind === "flaky" || behavior?.kind === "bad input") && behavior.scope !== "slot";
}

function answerOf(behavior: Behavior | undefined, key: number, call: number): SlotAnswer {
  if (behavior?.kind === "flaky" || behavior?.kind === "bad input") {
    return { kind: "error", failure: failureOf(behavior, undefined) };
  }
  const refused = behavior?.kind === "refused";
  // A value of its own for each call, so that no two can be taken for each other.
  const value = behavior?.kind === "falsy" ? behavior.value : { key, call, refused };
  return { kind: "value", value, refused };
}

const NOTHING = {
  retryable: undefined,
  stops: false,
  position: undefined,
  limited: false,
  retryAfterMs: undefined,
} as const;

function failureOf(behavior: Behavior, at: number | undefined): Failure {
  if (behavior.kind === "stop") {
    const thrown = new ProviderError("Refused.", { retryable: false, status: 401, code: behavior.code });
    return { ...NOTHING, thrown, retryable: false, stops: true };
  }
  if (behavior.kind === "flaky") return retryable(behavior.failure);
  if (behavior.kind === "bad input") return permanent(behavior.failure, behavior.named ? at : undefined);
  throw new Error(`Expected a behavior that fails, got ${behavior.kind}.`);
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
