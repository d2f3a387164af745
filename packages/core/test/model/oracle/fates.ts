import type { Call, Failure, SlotAnswer, Stamp } from "../log.ts";
import type { Performance } from "../perform.ts";
import type { Facts } from "./facts.ts";

/** Outcome of all calls of one input, read from the backend's side alone. */
export type Fate =
  | { readonly kind: "fulfilled"; readonly value: unknown; readonly at: Stamp }
  /** `sure` is false where the contract leaves open whether the input could have been sent again. */
  | {
      readonly kind: "rejected";
      readonly failure: Failure | "timeout" | "result";
      readonly at: Stamp;
      readonly sure: boolean;
    }
  /** It has been sent and needs another call, or its last call has not ended. */
  | { readonly kind: "open"; readonly last: Failure | "timeout" | undefined };

export interface Fates {
  /** The fate of each input that was sent; without those that are sent once for each of several slots. */
  readonly of: ReadonlyMap<number, Fate>;
  readonly faults: readonly string[];
}

/** Answer of one call to one of its inputs. */
type Word =
  | SlotAnswer
  | { readonly kind: "malformed" }
  | { readonly kind: "threw"; readonly failure: Failure | "timeout" }
  | { readonly kind: "nothing" };

/** Follows every input through its calls, and finds the calls that should not have been made. */
export function fatesOf(performance: Performance, facts: Facts): Fates {
  const faults: string[] = [];
  const fates = new Map<number, Fate>();
  for (const [key, calls] of callsByKey(performance)) {
    if (facts.repeats) continue;
    let failures = 0;
    for (const [index, call] of calls.entries()) {
      const next = calls[index + 1];
      const word = wordOf(call, key, facts);
      if (isRetryable(word)) failures++;
      if (next === undefined) {
        fates.set(key, fateOf(word, key, call, failures, performance, facts));
        continue;
      }
      const fault =
        next === undefined ? undefined : faultOfNext({ word, key, call, next, failures, facts, performance });
      if (fault !== undefined) faults.push(`input ${key}, call ${next.number} after call ${call.number}: ${fault}`);
    }
  }
  return { of: fates, faults };
}

/** Moment at which a call was over for the engine: it ended, or it was given up. */
export function overAt(call: Call): Stamp | undefined {
  return call.aborted ?? call.end;
}

/** Tells whether a call's signal was aborted because it had taken too long. */
export function timedOut(call: Call, facts: Facts): boolean {
  return call.aborted !== undefined && Math.abs(call.aborted.time - call.start.time - facts.timeoutMs) < 1e-6;
}

/** Tells whether the failure would be worth another call if attempts were left; undefined where that is the engine's choice. */
export function worthAnother(
  failure: Failure | "timeout",
  failures: number,
  performance: Performance,
  facts: Facts,
): boolean | undefined {
  if (failure === "timeout") return failures < facts.attempts;
  if (failure.stops || failure.retryable === false) return false;
  if ((failure.retryAfterMs ?? 0) > facts.maxRetryAfterMs) return false;
  if (failures >= facts.attempts) return false;
  // How an override's own retries and the engine's go together is not promised.
  return performance.schedule.hook === "batch" ? undefined : true;
}

function callsByKey({ log }: Performance): Map<number, Call[]> {
  const byKey = new Map<number, Call[]>();
  for (const call of log.calls) {
    for (const key of call.keys) {
      const calls = byKey.get(key);
      if (calls === undefined) byKey.set(key, [call]);
      else calls.push(call);
    }
  }
  return byKey;
}

function wordOf(call: Call, key: number, facts: Facts): Word {
  if (call.aborted !== undefined)
    return timedOut(call, facts) ? { kind: "threw", failure: "timeout" } : { kind: "nothing" };
  const { result } = call;
  if (result === undefined || result.kind === "gave up") return { kind: "nothing" };
  if (result.kind !== "answered") return result;
  return result.slots[call.keys.indexOf(key)] as SlotAnswer;
}

function failureIn(word: Word): Failure | "timeout" | undefined {
  return word.kind === "error" || word.kind === "threw" ? word.failure : undefined;
}

function isRetryable(word: Word): boolean {
  const failure = failureIn(word);
  return failure === "timeout" || (failure !== undefined && failure.retryable !== false && !failure.stops);
}

function fateOf(word: Word, key: number, call: Call, failures: number, performance: Performance, facts: Facts): Fate {
  const at = overAt(call);
  if (at === undefined || word.kind === "nothing") return { kind: "open", last: undefined };
  if (word.kind === "value") {
    const refused = word.refused && performance.schedule.options.schema !== undefined;
    return refused
      ? { kind: "rejected", failure: "result", at, sure: true }
      : { kind: "fulfilled", value: word.value, at };
  }
  if (word.kind === "malformed") return { kind: "rejected", failure: "result", at, sure: true };
  const { failure } = word;
  const again = worthAnother(failure, failures, performance, facts);
  if (again === true) return { kind: "open", last: failure };
  if (again === undefined) return { kind: "rejected", failure, at, sure: false };
  if (word.kind === "error" || call.keys.length === 1 || failure === "timeout" || failure.stops) {
    return { kind: "rejected", failure, at, sure: true };
  }
  if (failure.retryable === true) return { kind: "rejected", failure, at, sure: true };
  if (failure.position !== undefined) {
    if (call.keys[failure.position] !== key) return { kind: "open", last: failure };
    if (performance.schedule.reading === "batch") return { kind: "rejected", failure, at, sure: true };
    // It is known to be bad once the others get through.
    const passed = callsForOthers(call, failure.position, performance).findLast(gotThrough);
    return { kind: "rejected", failure, at: passed?.end ?? at, sure: passed !== undefined };
  }
  const outage = outageOf(call, performance, facts);
  return outage === undefined
    ? { kind: "open", last: failure }
    : { kind: "rejected", failure: outage, at, sure: false };
}

/** A request and everything that was sent for its inputs afterwards. */
export function familyOf(root: Call, { log }: Performance): Call[] {
  const keys = new Set(root.keys);
  return log.calls.filter((each) => each.keys.every((key) => keys.has(key)));
}

/** The request that a call is a part of, or the call itself. */
function rootOf(call: Call, { log }: Performance): Call {
  const [key] = call.keys;
  return log.calls.find((each) => each.keys.includes(key as number)) ?? call;
}

/**
 * The failure for which what is left of a request may be given up: one after many calls in a row without a success,
 * where it is none that blames the inputs. It may be an outage.
 */
function outageOf(call: Call, performance: Performance, facts: Facts): Failure | "timeout" | undefined {
  const root = rootOf(call, performance);
  const family = familyOf(root, performance);
  let fruitless = 0;
  let outage: Failure | "timeout" | undefined;
  for (const each of family) {
    fruitless = isAnswered(each) ? 0 : fruitless + 1;
    const silent = silentFailureOf(each, facts);
    if (fruitless >= Math.floor(2 * Math.log2(root.keys.length))) outage = silent ?? outage;
  }
  return outage;
}

/** The failure of a call that blames no input. */
function silentFailureOf(call: Call, facts: Facts): Failure | "timeout" | undefined {
  if (call.aborted !== undefined) return timedOut(call, facts) ? "timeout" : undefined;
  return call.result?.kind === "threw" && call.result.failure.retryable !== false ? call.result.failure : undefined;
}

interface Step {
  readonly word: Word;
  readonly key: number;
  readonly call: Call;
  readonly next: Call;
  readonly failures: number;
  readonly facts: Facts;
  readonly performance: Performance;
}

/** Fault of sending an input again after what a call has said of it. */
function faultOfNext(step: Step): string | undefined {
  const { word, key, call, next, failures, facts, performance } = step;
  const over = overAt(call);
  if (over === undefined || over.order > next.start.order) return "it was in two calls at once";
  if (word.kind === "value") return "it was sent again after it had succeeded";
  if (word.kind === "malformed") return "it was sent again after a response of the wrong shape";
  if (word.kind === "nothing") return "it was sent again after its call was given up";
  const { failure } = word;
  if (failure !== "timeout" && failure.stops) return "it was sent again after a failure that stops the run";
  const again = worthAnother(failure, failures, performance, facts) ?? true;
  const waited = next.start.time - over.time;
  const least = facts.shortestBackoffMs(failures, failure === "timeout" ? undefined : failure.retryAfterMs);
  const prompt =
    again && waited < least - 1e-6 ? `it waited ${waited} ms where at least ${least} ms were due` : undefined;
  if (word.kind === "error") return again ? prompt : "its own failure was final, or its attempts were used up";
  const same = isSame(call.keys, next.keys);
  if (same)
    return again
      ? prompt
      : "the same request was sent again though its failure was final, or its attempts were used up";
  if (failure === "timeout" || failure.retryable === true)
    return "after a failure that may pass the whole request was to be sent again";
  if (failure.position !== undefined) {
    const others = callsForOthers(call, failure.position, performance);
    if (failure.position !== call.keys.indexOf(key))
      return others.includes(next) ? undefined : "what the failure had not named was to be sent as one request";
    const hasFailed = others.some((each) => !isAnswered(each) && (overAt(each)?.order ?? Infinity) < next.start.order);
    return hasFailed && next.keys.length === 1 ? undefined : "the failure had named it, and the others had not failed";
  }
  const isHalf =
    next.keys.length <= Math.ceil(call.keys.length / 2) && next.keys.every((each) => call.keys.includes(each));
  if (isHalf) return undefined;
  // What is left when a bad input has been found goes out together: of the same request, and without it.
  const root = rootOf(call, performance);
  const mayJoin =
    next.keys.every((each) => root.keys.includes(each)) &&
    familyOf(root, performance).some((each) => each.start.order < next.start.order && blamesInputs(each));
  if (!mayJoin) return "the request was to be split in halves, and no part mixed with other inputs";
  return call.keys.every((each) => next.keys.includes(each))
    ? "no bad input was found before it went out again"
    : undefined;
}

/** Calls for the inputs that a failure had not named. */
function callsForOthers(call: Call, named: number, { log }: Performance): Call[] {
  const others = call.keys.filter((_, position) => position !== named);
  return log.calls.filter((each) => isSame(others, each.keys));
}

function blamesInputs({ aborted, result }: Call): boolean {
  return aborted === undefined && result?.kind === "threw" && result.failure.retryable === false;
}

function isAnswered({ aborted, result }: Call): boolean {
  return aborted === undefined && result?.kind === "answered";
}

/** Tells whether nothing of a call was refused as a whole, be its answer of the right shape or not. */
function gotThrough(call: Call): boolean {
  return isAnswered(call) || (call.aborted === undefined && call.result?.kind === "malformed");
}

/** Tells whether two calls hold the same inputs in the same order. */
export function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((key, index) => key === right[index]);
}
