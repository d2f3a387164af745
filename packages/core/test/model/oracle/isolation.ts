import { codeOf } from "@batchwise/core";
import type { Call } from "../log.ts";
import type { Performance } from "../perform.ts";
import type { Facts } from "./facts.ts";
import { familyOf, isSame } from "./fates.ts";

/** Faults where it costs more than it may to find the inputs that spoil a request (P36), or to give up on an outage. */
export function faultsOfIsolation(performance: Performance, facts: Facts): string[] {
  const { log, schedule } = performance;
  if (facts.repeats || schedule.hook !== "invokeMany") return [];
  const sent = new Set<number>();
  return log.calls.flatMap((call) => {
    const isFirst = call.keys.every((key) => !sent.has(key));
    for (const key of call.keys) sent.add(key);
    return isFirst && call.keys.length > 1 ? faultsOfFamily(call, performance, facts) : [];
  });
}

function faultsOfFamily(root: Call, performance: Performance, facts: Facts): string[] {
  const family = familyOf(root, performance);
  const steps = Math.ceil(Math.log2(root.keys.length));
  const faults: string[] = [];
  // Only where a failure is about the inputs does each further call belong to the search for one of them.
  // Where the server has called a request too large, be it another one, parts are as small as it is known to take.
  const codes = codesOf(performance.log.calls);
  const isMixed = codes.has("request_too_large") && codes.size > 1;
  if (!isMixed && family.every((call) => isWholeOrBlaming(call, facts))) {
    // About 2 log2(k) for each: one call more where a bad input stands alone at the end of the search, and one for what is left.
    // Where requests may have been too large, one for each part.
    const parts = Math.ceil(root.keys.length / sizeThatMayPass(performance.log.calls));
    const most = (2 * steps + 2) * Math.max(1, poisonsIn(root, performance)) + (parts > 1 ? parts : 0);
    if (family.length - 1 > most) {
      faults.push(`request ${root.number} took ${family.length - 1} further calls to split, ${most} are enough (P36)`);
    }
  }
  if (family.some((call) => isKnownBadHalf(call, family) && !isTooLarge(root, call, performance))) {
    faults.push(`a part of request ${root.number} was sent as a whole though the rest of it had come through (P36)`);
  }
  const outage = longestOutage(family);
  if (facts.attempts === 1 && outage > 2 * steps + 3) {
    faults.push(`request ${root.number} was split on through ${outage} calls without a success (P36)`);
  }
  return faults;
}

function codesOf(calls: readonly Call[]): ReadonlySet<string> {
  return new Set(calls.flatMap(({ result }) => (result?.kind === "threw" ? [codeOf(result.failure.thrown)] : [])));
}

function isWholeOrBlaming({ aborted, result }: Call, facts: Facts): boolean {
  if (aborted !== undefined || result === undefined) return false;
  if (result.kind === "answered") return result.slots.every((slot) => slot.kind === "value");
  if (result.kind !== "threw" || result.failure.stops) return false;
  return result.failure.retryable === false || (result.failure.retryable === undefined && facts.attempts === 1);
}

/** Tells whether a call holds what is left of a spoiled request of which the other part has succeeded: it is bad. */
function isKnownBadHalf(call: Call, family: readonly Call[]): boolean {
  if (call.keys.length < 2) return false;
  return family.some(({ aborted, keys, end, result }) => {
    if (
      aborted !== undefined ||
      result?.kind !== "threw" ||
      result.failure.retryable !== false ||
      result.failure.position !== undefined
    )
      return false;
    // Of a request that was only too large, the one part says nothing about the other.
    if (codeOf(result.failure.thrown) === "request_too_large" || keys.length <= call.keys.length) return false;
    const cut = keys.length - call.keys.length;
    if ((end?.order ?? Infinity) > call.start.order || !isSame(keys.slice(cut), call.keys)) return false;
    const rest = keys.slice(0, cut);
    return family.some(
      (each) => isSame(each.keys, rest) && cameThrough(each) && (each.end?.order ?? Infinity) < call.start.order,
    );
  });
}

/**
 * Tells whether by a part's time there is reason to think that its request was only too large: one was of which it is
 * more than half, or two were refused and none as large had passed. Then the one part says nothing about the other.
 */
function isTooLarge(root: Call, part: Call, { log }: Performance): boolean {
  const before = log.calls.filter(({ end }) => (end?.order ?? Infinity) < part.start.order);
  // Of answers that come at one instant, the engine may hear of the refusal first.
  const passed = before.filter((call) => cameThrough(call) && (call.end?.time ?? 0) < (root.end?.time ?? 0));
  const largest = Math.max(1, ...passed.map(({ keys }) => keys.length));
  const refused = before.filter(({ keys, result }) => result?.kind === "threw" && keys.length <= 2 * root.keys.length);
  const codes = refused.map(({ result }) => (result?.kind === "threw" ? codeOf(result.failure.thrown) : undefined));
  if (codes.includes("request_too_large") || part.keys.length <= sizeThatMayPass(before)) return true;
  return refused.filter(({ keys }) => keys.length > largest).length > 1;
}

/**
 * Inputs of a request that may not be too large: half of the second new one that was refused where none as large had
 * passed. Infinity where that never was.
 */
function sizeThatMayPass(calls: readonly Call[]): number {
  const sent = new Set<number>();
  let [largest, refused, size] = [1, 0, Infinity];
  for (const call of calls) {
    const isNew = call.keys.every((key) => !sent.has(key));
    for (const key of call.keys) sent.add(key);
    if (cameThrough(call)) largest = Math.max(largest, call.keys.length);
    else if (isNew && call.keys.length > largest && ++refused > 1) size = Math.ceil(call.keys.length / 2);
  }
  return size;
}

function cameThrough({ aborted, result }: Call): boolean {
  return aborted === undefined && result?.kind === "answered" && result.slots.every((slot) => slot.kind === "value");
}

function poisonsIn(root: Call, { schedule }: Performance): number {
  const distinct = Math.max(1, schedule.distinct);
  const failing = new Map(schedule.behaviors.map(([key, { kind }]) => [key % distinct, kind]));
  return root.keys.filter((key) => failing.get(key) === "bad input" || failing.get(key) === "flaky").length;
}

/** Failures in a row that said nothing of themselves. */
function longestOutage(family: readonly Call[]): number {
  let longest = 0;
  let current = 0;
  for (const { aborted, result } of family) {
    const silent = aborted === undefined && result?.kind === "threw" && result.failure.retryable === undefined;
    current = silent ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}
