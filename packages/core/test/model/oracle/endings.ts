import { BatchError, BudgetError } from "@batchwise/core";
import type { Entry, Stamp } from "../log.ts";
import type { Performance } from "../perform.ts";
import { keyOf } from "../schedule.ts";
import type { Facts } from "./facts.ts";
import { type Fate, type Fates, overAt } from "./fates.ts";
import { endedEarly, isReasonOfRun, slotsOf, stands, tells } from "./outcomes.ts";

/** Everything settles, at the right moment and for the right reason, and nothing happens after the end. */
export function faultsOfEnding(performance: Performance, facts: Facts, fates: Fates): string[] {
  return [
    ...reasons(performance, fates, facts),
    ...moments(performance, facts, fates),
    ...afterEnds(performance, fates, facts),
    ...leftovers(performance),
  ];
}

/** The first failure that the contract leaves no doubt about. */
export function firstFailure(fates: Fates): Extract<Fate, { kind: "rejected" }> | undefined {
  let first: Extract<Fate, { kind: "rejected" }> | undefined;
  for (const fate of fates.of.values()) {
    if (fate.kind === "rejected" && fate.sure && fate.at.order < (first?.at.order ?? Infinity)) first = fate;
  }
  return first;
}

/** Moment of the first failure that stops the run; undefined where there was none. */
export function stoppedAt({ log }: Performance): Stamp | undefined {
  const stop = log
    .all("call ended")
    .find(({ call: { aborted, result } }) => aborted === undefined && result?.kind === "threw" && result.failure.stops);
  return stop;
}

/** Faults of an ending that nothing asked for. */
function reasons(performance: Performance, fates: Fates, facts: Facts): string[] {
  const { ending, log, schedule, settled } = performance;
  const before = (type: "aborted" | "drained" | "source threw"): Entry | undefined =>
    log.entries.find((entry) => entry.type === type && entry.order < settled.order);
  const aborted = before("aborted");
  const sourceThrew = log.first("source threw");
  if (ending.kind === "rejected") return faultOfRejection(performance, fates, facts);
  if (ending.kind === "broke") return [];
  if (aborted !== undefined && schedule.count > 0 && schedule.reading !== "returnExceptions") {
    const finished = log.all("received").length === slotsOf(performance) && lastFate(fates) <= aborted.time;
    // What had all finished before an abort may still be read to its end.
    if (!(ending.kind === "done" && finished)) return ["it ended well after an abort (P12)"];
  }
  if (sourceThrew !== undefined && !endedEarly(performance)) return ["it ended well though its source threw"];
  return [];
}

function lastFate(fates: Fates): number {
  return Math.max(
    -Infinity,
    ...[...fates.of.values()].map((fate) =>
      fate.kind === "fulfilled" || (fate.kind === "rejected" && fate.sure) ? fate.at.time : Infinity,
    ),
  );
}

function faultOfRejection(performance: Performance, fates: Fates, facts: Facts): string[] {
  const { ending, log, reasons: given, schedule, settled } = performance;
  const error = ending.kind === "rejected" ? ending.error : undefined;
  const happened = (type: "aborted" | "drained"): boolean => (log.first(type)?.order ?? Infinity) < settled.order;
  if (Object.is(error, given.abort)) return happened("aborted") ? [] : ["it rejected for an abort that never was"];
  // A reader that is slow may come to the end of a run that was over before the abort.
  const over = log.first("finish")?.order ?? Infinity;
  if (happened("aborted") && over > (log.first("aborted")?.order ?? Infinity))
    return [`an abort did not reject with its reason but with ${nameOf(error)} (P12)`];
  if (Object.is(error, given.drain)) return happened("drained") ? [] : ["it rejected for a drain that never was"];
  const { cause } = BatchError.isInstance(error) ? error : { cause: error };
  if (isReasonOfRun(cause, performance)) {
    return BudgetError.isInstance(cause) || BatchError.isInstance(error) || schedule.reading !== "batch"
      ? []
      : ["it rejected with no BatchError"];
  }
  if (!BatchError.isInstance(error))
    return [`it rejected with ${nameOf(error)}, expected a BatchError or a signal's reason`];
  const threw = log.first("source threw");
  if (threw !== undefined && stands(cause, threw.thrown)) return [];
  if (schedule.reading !== "batch") return ["it rejected for an input's failure, which only fail-fast does"];
  if (facts.repeats) return [];
  const failed = [...fates.of.values()].filter(
    (fate) => fate.kind === "rejected" || (fate.kind === "open" && happened("drained")),
  );
  const badInput = failed.find((fate) =>
    fate.kind === "rejected"
      ? tells(cause, fate.failure)
      : fate.kind === "open" && fate.last !== undefined && tells(cause, fate.last),
  );
  if (badInput === undefined)
    return [`the cause of its BatchError is ${nameOf(cause)}, which is no input's final failure`];
  const first = firstFailure(fates);
  if (badInput.kind === "rejected" && first !== undefined && first.at.time < badInput.at.time)
    return ["the cause of its BatchError is not the first failure"];
  return [];
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** At once is at once: no later than the moment that decided it. */
function moments(performance: Performance, facts: Facts, fates: Fates): string[] {
  const { ending, log, schedule, settled } = performance;
  if (ending.kind === "stuck" || ending.kind === "broke") {
    const broke = log.first("broke");
    return broke !== undefined && settled.time !== broke.time ? ["a break was held up (P17)"] : [];
  }
  if (!facts.instantConsumer || facts.repeats) return [];
  const decided: number[] = [];
  const aborted = log.first("aborted");
  const drained = log.first("drained");
  const stopped = stoppedAt(performance);
  const failed = schedule.reading === "batch" ? firstFailure(fates) : undefined;
  const openAt = (moment: Stamp): number =>
    Math.max(
      moment.time,
      ...log.calls.filter(({ start }) => start.time <= moment.time).map((call) => overAt(call)?.time ?? -Infinity),
    );
  if (aborted !== undefined) decided.push(aborted.time);
  if (failed !== undefined) decided.push(failed.at.time);
  if (drained !== undefined) decided.push(openAt(drained));
  if (stopped !== undefined) decided.push(openAt(stopped));
  const exhausted = log.first("source ended") ?? log.first("source threw");
  const given = schedule.source.kind === "array" ? 0 : (exhausted?.time ?? Infinity);
  const unsent = Array.from({ length: slotsOf(performance) }, (_, slot) => slot).some(
    (slot) => !fates.of.has(keyOf(schedule, slot)),
  );
  decided.push(unsent ? Infinity : Math.max(given, lastFate(fates)));
  const due = Math.min(...decided);
  return settled.time > due + 1e-6 ? [`it settled at ${settled.time} ms, everything was decided at ${due} ms`] : [];
}

/** Nothing new starts once the end is decided (L7, L12, P11, P12, P17). */
function afterEnds(performance: Performance, fates: Fates, facts: Facts): string[] {
  const { log, schedule, settled } = performance;
  const faults: string[] = [];
  const starts = (type: Entry["type"]): boolean => type === "call started" || type === "asked";
  const after = (name: string, late: (entry: Entry) => boolean): void => {
    const entry = log.entries.find((each) => starts(each.type) && late(each));
    if (entry?.type === "call started") faults.push(`call ${entry.call.number} started after ${name}`);
    if (entry?.type === "asked") faults.push(`the source was asked after ${name}`);
  };
  after("the end", (entry) => entry.order > settled.order);
  for (const type of ["aborted", "drained", "broke"] as const) {
    const end = log.first(type);
    if (end !== undefined) after(`it was ${type}`, (entry) => entry.order > end.order);
  }
  const stopped = stoppedAt(performance);
  if (stopped !== undefined) {
    after("a failure that stops the run", (entry) => entry.time > stopped.time);
    if (tookThePlaceOf(performance, stopped, facts))
      faults.push("a call took the place of one whose failure stops the run");
  }
  const failed = schedule.reading === "batch" && !facts.repeats ? firstFailure(fates) : undefined;
  if (failed !== undefined) {
    after("the first failure (L12)", (entry) => entry.time > failed.at.time);
    if (tookThePlaceOf(performance, failed.at, facts))
      faults.push("a call took the place of the first that failed (L12)");
  }
  return faults;
}

/**
 * Tells whether a call started that had room only because the call which ended at `moment` was over. What happens elsewhere
 * in the same instant may come before the engine knows of that failure; this cannot.
 */
function tookThePlaceOf({ log }: Performance, moment: Stamp, facts: Facts): boolean {
  const open = new Set<unknown>();
  for (const entry of log.entries) {
    if (entry.type === "call started") {
      open.add(entry.call);
      if (entry.order > moment.order && open.size > facts.cap) return true;
    } else if ((entry.type === "call ended" || entry.type === "call aborted") && entry.order !== moment.order) {
      open.delete(entry.call);
    }
  }
  return false;
}

/** Calls, timers and sources that the engine left behind. */
function leftovers({ log, schedule, settled, timersLeft, ending }: Performance): string[] {
  const faults: string[] = [];
  if (timersLeft !== 0) faults.push(`${timersLeft} timers were left on the clock`);
  for (const call of log.calls) {
    const over = overAt(call);
    const open = over === undefined || over.time > settled.time;
    if (open && ending.kind !== "stuck")
      faults.push(`call ${call.number} was in flight at the end and its signal was not aborted`);
  }
  if (schedule.source.kind === "array") return faults;
  const exhausted = log.first("source ended") ?? log.first("source threw");
  const closed = log.first("source closed");
  const asked = log.first("asked") !== undefined;
  if (asked && closed === undefined && (exhausted === undefined || exhausted.order > settled.order)) {
    faults.push("the source was left open");
  }
  return faults;
}
