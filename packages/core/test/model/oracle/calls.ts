import type { Call } from "../log.ts";
import type { Performance } from "../perform.ts";
import { tokensOf } from "../schedule.ts";
import { type Facts } from "./facts.ts";
import { overAt, timedOut } from "./fates.ts";

const MINUTE_MS = 60_000;

/** Caps, sizes, limits, budgets and timeouts: what each call has to keep. */
export function faultsOfCalls(performance: Performance, facts: Facts): string[] {
  return [
    ...overlaps(performance, facts),
    ...sizes(performance, facts),
    ...rates(performance),
    ...pauses(performance, facts),
    ...budgets(performance),
    ...timeouts(performance, facts),
  ];
}

function overlaps({ log }: Performance, facts: Facts): string[] {
  const open = new Set<Call>();
  const faults: string[] = [];
  for (const entry of log.entries) {
    if (entry.type === "call started") {
      open.add(entry.call);
      if (open.size > facts.cap)
        faults.push(`${open.size} calls were in flight at once, ${facts.cap} were allowed (L8)`);
    } else if (entry.type === "call ended" || entry.type === "call aborted") {
      open.delete(entry.call);
    }
  }
  return faults;
}

function sizes({ log, schedule }: Performance, facts: Facts): string[] {
  // The whole of a finite array is one call of an overridden batch.
  if (schedule.hook === "batch") return [];
  const faults: string[] = [];
  for (const { keys, number } of log.calls) {
    if (keys.length === 0) faults.push(`call ${number} held no input`);
    if (keys.length > facts.size) faults.push(`call ${number} held ${keys.length} inputs, ${facts.size} were allowed`);
    const tokens = sum(keys.map((key) => tokensOf(schedule, key)));
    if (keys.length > 1 && tokens > facts.sizeTokens) {
      faults.push(`call ${number} held ${tokens} tokens, ${facts.sizeTokens} were allowed`);
    }
  }
  return faults;
}

/** Never more than a limit in any minute (P29); what is heavier than the limit goes alone (P27). */
function rates({ log, schedule }: Performance): string[] {
  const { limiter } = schedule.options;
  if (limiter === undefined) return [];
  const faults: string[] = [];
  const kinds: readonly (readonly [string, number | undefined, (call: Call) => number])[] = [
    ["requests", limiter.requestsPerMinute, () => 1],
    ["inputs", limiter.inputsPerMinute, (call) => call.keys.length],
    ["tokens", limiter.tokensPerMinute, (call) => sum(call.keys.map((key) => tokensOf(schedule, key)))],
  ];
  for (const [kind, limit, weigh] of kinds) {
    if (limit === undefined) continue;
    let first = 0;
    let used = 0;
    for (const call of log.calls) {
      const from = call.start.time - MINUTE_MS + 1e-6;
      for (let old = log.calls[first]; old !== undefined && old.start.time <= from; old = log.calls[++first])
        used -= weigh(old);
      const weight = weigh(call);
      if (used > 0 && used + weight > limit)
        faults.push(`call ${call.number} made ${used + weight} ${kind} in a minute of ${limit}`);
      used += weight;
    }
  }
  return faults;
}

/** One refusal with a wait is everybody's who shares the limiter, unless it is longer than is obeyed (P45). */
function pauses({ log, schedule }: Performance, facts: Facts): string[] {
  if (schedule.options.limiter === undefined) return [];
  return log.calls.flatMap((refused) => {
    const waitMs =
      refused.aborted === undefined && refused.result?.kind === "threw"
        ? refused.result.failure.retryAfterMs
        : undefined;
    const from = refused.end?.time;
    if (waitMs === undefined || waitMs > facts.maxRetryAfterMs || from === undefined) return [];
    const early = log.calls.find(({ start }) => start.time > from && start.time < from + waitMs - 1e-6);
    return early === undefined
      ? []
      : [`call ${early.number} started within the wait that call ${refused.number} was asked for`];
  });
}

function budgets({ log, schedule }: Performance): string[] {
  const cap = Math.min(schedule.options.maxTokens ?? Infinity, schedule.options.maxCost ?? Infinity);
  const spent = sum(log.calls.flatMap((call) => call.keys.map((key) => tokensOf(schedule, key))));
  return spent > cap ? [`${spent} tokens were spent, ${cap} were allowed`] : [];
}

/** P13: a call has the whole time from its dispatch, and not more. */
function timeouts(performance: Performance, facts: Facts): string[] {
  const { log, settled } = performance;
  return log.calls.flatMap((call) => {
    const over = overAt(call) ?? settled;
    if (over.time - call.start.time > facts.timeoutMs + 1e-6) return [`call ${call.number} outlived its timeout (P13)`];
    const ending = call.aborted !== undefined && !timedOut(call, facts) && !isEnding(performance, call.aborted.time);
    return ending ? [`call ${call.number} was aborted though nothing asked for it`] : [];
  });
}

/** Tells whether something ended the run at this time: calls in flight are aborted then. */
function isEnding({ log, settled }: Performance, time: number): boolean {
  if (settled.time === time) return true;
  return log.entries.some(
    (entry) =>
      entry.time === time &&
      (entry.type === "aborted" ||
        entry.type === "broke" ||
        (entry.type === "call ended" && entry.call.result?.kind === "threw" && entry.call.result.failure.stops)),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
