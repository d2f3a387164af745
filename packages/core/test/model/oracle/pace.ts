import type { Call, Failure } from "../log.ts";
import type { Performance } from "../perform.ts";
import { keyOf, type Schedule } from "../schedule.ts";
import { firstFailure, stoppedAt } from "./endings.ts";
import type { Facts } from "./facts.ts";
import { type Fates, overAt, timedOut, worthAnother } from "./fates.ts";

/**
 * Work is never left lying while there is room for it (P15, P16, P20), retries go before new work (P20), and a source
 * is never pulled too far ahead (L11).
 */
export function faultsOfPace(performance: Performance, facts: Facts, fates: Fates): string[] {
  if (facts.repeats) return [];
  return [
    ...lookahead(performance, facts, fates),
    ...idleness(performance, facts, fates),
    ...packing(performance, facts),
  ];
}

/** L11, at each pull: unsettled inputs, and inputs not handed out yet, stay within the bound. */
function lookahead({ log, schedule }: Performance, facts: Facts, fates: Fates): string[] {
  if (schedule.source.kind === "array" || facts.bound === Infinity) return [];
  const streams = schedule.reading === "asCompleted" || schedule.reading === "inOrder";
  const settledAt = new Map<number, number>();
  for (const [key, fate] of fates.of) if (fate.kind !== "open") settledAt.set(key, fate.at.order);
  const pulled: number[] = [];
  let received = 0;
  for (const entry of log.entries) {
    if (entry.type === "received") received++;
    if (entry.type !== "pulled") continue;
    pulled.push(keyOf(schedule, entry.slot));
    const unsettled = pulled.filter((key) => (settledAt.get(key) ?? Infinity) > entry.order).length;
    if (unsettled > facts.bound)
      return [`${unsettled} inputs were unsettled after a pull, ${facts.bound} were allowed (L11)`];
    // One more may have been handed over and not yet been looked at.
    const held = pulled.length - received - 1;
    if (streams && held > facts.bound) {
      return [`${held} outcomes were held back after a pull, ${facts.bound} were allowed (L11)`];
    }
  }
  return [];
}

/** State of everything at one moment, as far as the backend and the source can tell. */
class Standing {
  readonly open = new Set<Call>();
  /** Pulled and not sent yet, with the time of the pull. */
  readonly fresh = new Map<number, number>();
  /** Inputs whose next call is due, with the latest time from which it is. */
  readonly due = new Map<number, number>();
  readonly unsettled = new Set<number>();
  readonly failures = new Map<number, number>();
  /** Inputs that have been sent, with the call that sent them first. */
  readonly sent = new Map<number, Call>();
  asking = false;
  exhausted = false;
}

function idleness(performance: Performance, facts: Facts, fates: Fates): string[] {
  const { log, schedule } = performance;
  const { options, reading } = schedule;
  // A limiter and a budget may hold any call back; an iterator whose consumer is slow holds back by itself.
  if (options.limiter !== undefined || options.maxTokens !== undefined || options.maxCost !== undefined) return [];
  if (!facts.instantConsumer || schedule.hook === "batch") return [];
  const until = liveUntil(performance, fates);
  const standing = new Standing();
  for (const entry of log.entries) {
    if (entry.order >= until) return [];
    if (entry.type === "asked") standing.asking = true;
    else if (entry.type === "pulled") pull(standing, keyOf(schedule, entry.slot), entry.time);
    else if (entry.type === "source ended" || entry.type === "source threw") standing.exhausted = true;
    else if (entry.type === "call started") {
      const late = overdue(standing, entry.time);
      const isNew = !standing.sent.has(entry.call.keys[0] as number);
      if (late !== undefined && isNew)
        return [`call ${entry.call.number} took new work before input ${late}, whose retry was due (P20)`];
      start(standing, entry.call);
    } else if (entry.type === "call ended" || entry.type === "call aborted")
      end(standing, entry.call, performance, facts, fates);
    else if (entry.type === "idle" && standing.open.size < facts.cap) {
      const late = overdue(standing, entry.time);
      if (late !== undefined)
        return [`at ${entry.time} ms the retry of input ${late} was due, there was room, and it was not sent`];
      const fault =
        faultOfFresh(standing, schedule, facts, entry.time) ??
        (reading === "inOrder" ? undefined : faultOfPulling(standing, schedule, facts));
      if (fault !== undefined) return [`at ${entry.time} ms ${fault}`];
    }
  }
  return [];
}

/** The place in the log from which the run may hold back: something has ended it. */
function liveUntil(performance: Performance, fates: Fates): number {
  const { log, schedule, settled } = performance;
  const failed = schedule.reading === "batch" ? firstFailure(fates) : undefined;
  const unsure =
    schedule.reading === "batch" ? [...fates.of.values()].filter((fate) => fate.kind === "rejected" && !fate.sure) : [];
  return Math.min(
    settled.order,
    log.first("aborted")?.order ?? Infinity,
    log.first("drained")?.order ?? Infinity,
    log.first("broke")?.order ?? Infinity,
    stoppedAt(performance)?.order ?? Infinity,
    failed?.at.order ?? Infinity,
    // A refusal for a rate limit pauses everyone, for a while that is the engine's to choose.
    log.all("call ended").find(({ call }) => failuresOf(call).some((failure) => failure.limited))?.order ?? Infinity,
    ...unsure.map((fate) => (fate.kind === "rejected" ? fate.at.order : Infinity)),
  );
}

function failuresOf({ result }: Call): Failure[] {
  if (result?.kind === "threw") return [result.failure];
  if (result?.kind !== "answered") return [];
  return result.slots.flatMap((slot) => (slot.kind === "error" ? [slot.failure] : []));
}

function pull(standing: Standing, key: number, time: number): void {
  standing.asking = false;
  if (!standing.sent.has(key) && !standing.fresh.has(key)) standing.fresh.set(key, time);
}

function start(standing: Standing, call: Call): void {
  standing.open.add(call);
  for (const key of call.keys) {
    if (!standing.sent.has(key)) standing.sent.set(key, call);
    standing.fresh.delete(key);
    standing.due.delete(key);
    standing.unsettled.add(key);
  }
}

function end(standing: Standing, call: Call, performance: Performance, facts: Facts, fates: Fates): void {
  if (!standing.open.delete(call)) return;
  const over = overAt(call);
  for (const [place, key] of call.keys.entries()) {
    const fate = fates.of.get(key);
    if (fate !== undefined && fate.kind !== "open" && fate.at.order <= (over?.order ?? Infinity))
      standing.unsettled.delete(key);
    const answer = call.result?.kind === "answered" ? call.result.slots[place] : undefined;
    const timeout = call.aborted !== undefined && timedOut(call, facts);
    const threw = call.aborted === undefined && call.result?.kind === "threw" ? call.result.failure : undefined;
    const failure = timeout ? "timeout" : (threw ?? (answer?.kind === "error" ? answer.failure : undefined));
    if (failure === undefined || over === undefined) continue;
    const failures = (standing.failures.get(key) ?? 0) + 1;
    standing.failures.set(key, failures);
    if (worthAnother(failure, failures, performance, facts) !== true) continue;
    const waitMs = facts.longestBackoffMs(failures, failure === "timeout" ? undefined : failure.retryAfterMs);
    standing.due.set(key, over.time + waitMs);
  }
}

/** An input whose retry has been due for longer than this instant. */
function overdue(standing: Standing, time: number): number | undefined {
  for (const [key, due] of standing.due) if (due < time - 1e-6) return key;
  return undefined;
}

/** Tells whether as many requests have been started and not finished as L11 allows: twice those that may be in flight. */
function isFull(standing: Standing, facts: Facts): boolean {
  const requests = new Set<Call | undefined>();
  for (const key of standing.unsettled) requests.add(standing.sent.get(key));
  return requests.size >= 2 * facts.cap;
}

/** New work that could be sent: a full request, the last of a source, or one that has waited long enough. */
function faultOfFresh(standing: Standing, schedule: Schedule, facts: Facts, time: number): string | undefined {
  const { fresh } = standing;
  if (fresh.size === 0 || isFull(standing, facts)) return undefined;
  if (fresh.size >= facts.size)
    return `${fresh.size} inputs were waiting, enough for a call, and there was room for one (P15)`;
  if (standing.exhausted)
    return `${fresh.size} inputs were waiting, the last of the source, and there was room for a call`;
  const { maxWaitMs } = schedule.options;
  const waited = time - Math.min(...fresh.values());
  if (maxWaitMs !== undefined && waited > maxWaitMs)
    return `inputs had waited ${waited} ms for their request, ${maxWaitMs} ms were allowed`;
  return undefined;
}

/** New work that could be fetched. */
function faultOfPulling(standing: Standing, schedule: Schedule, facts: Facts): string | undefined {
  // Slots of equal inputs count one by one towards the bound, and cannot be seen here.
  if (schedule.options.dedupe !== undefined || standing.exhausted || standing.asking) return undefined;
  if (isFull(standing, facts)) return undefined;
  if (standing.unsettled.size + standing.fresh.size + facts.size > facts.bound) return undefined;
  if (schedule.source.kind !== "array") return "there was room, and the source was not asked";
  return standing.sent.size < schedule.count
    ? `${schedule.count - standing.sent.size} inputs were left, and there was room for a call`
    : undefined;
}

/** Faults of requests that are not full, though nothing goes wrong and they are not the last. */
function packing(performance: Performance, facts: Facts): string[] {
  const { log, schedule, ending } = performance;
  const { options } = schedule;
  const plain =
    schedule.hook === "invokeMany" &&
    log.calls.every((call) => call.result?.kind === "answered" && failuresOf(call).length === 0) &&
    facts.sizeTokens === Infinity &&
    // A source that goes quiet may be waiting for what it has given, which is then sent.
    (schedule.source.kind !== "async iterator" || schedule.source.delays.every((delay) => delay === 0)) &&
    facts.instantConsumer &&
    [options.dedupe, options.maxWaitMs, options.timeoutMs, options.maxTokens, options.maxCost, options.limiter].every(
      (each) => each === undefined,
    ) &&
    (ending.kind === "resolved" || ending.kind === "done") &&
    [schedule.abortAt, schedule.drainAt].every((each) => each === undefined);
  if (!plain || facts.size === Infinity) return [];
  const least = Math.ceil(log.calls.reduce((total, { keys }) => total + keys.length, 0) / facts.size);
  return log.calls.length > least ? [`${log.calls.length} calls were made where ${least} are enough`] : [];
}
