import { BatchError, BudgetError, ResultError, TimeoutError } from "@batchwise/core";
import type { Failure, SeenOutcome } from "../log.ts";
import type { Performance } from "../perform.ts";
import { givenBy, keyOf } from "../schedule.ts";
import type { Facts } from "./facts.ts";
import type { Fate, Fates } from "./fates.ts";

/** Nothing lost, nothing twice, order kept: every slot that was given back against what the backend had answered. */
export function faultsOfOutcomes(performance: Performance, facts: Facts, fates: Fates): string[] {
  const { schedule, ending, log } = performance;
  const faults: string[] = [];
  const seen = seenBy(performance, faults);
  const expected = slotsOf(performance);
  const early = endedEarly(performance);
  const context: Context = { performance, facts, early };
  for (const [slot, outcome] of seen) {
    if (slot < 0 || slot >= expected || !Number.isInteger(slot))
      faults.push(`slot ${slot} was given back, the source gave ${expected}`);
    const key = keyOf(schedule, slot);
    if (outcome.input !== key) faults.push(`slot ${slot} has the input of another`);
    const fate = facts.repeats ? undefined : (fates.of.get(key) ?? UNSENT);
    const fault = fate === undefined ? undefined : faultOfSlot(outcome, fate, context);
    if (fault !== undefined) faults.push(`slot ${slot}: ${fault}`);
  }
  if (ending.kind === "resolved" || ending.kind === "done") {
    const reached = early ? log.all("pulled").filter(({ time }) => time < endDecidedAt(performance)).length : expected;
    const least = schedule.source.kind === "array" ? schedule.count : reached;
    for (let slot = 0; slot < least; slot++) if (!seen.has(slot)) faults.push(`slot ${slot} was lost`);
  } else if (ending.kind === "rejected") {
    faults.push(...lost(seen, fates, context));
  }
  if (facts.repeats) faults.push(...faultsOfRepeats(seen, performance));
  return faults;
}

/** Tells whether anything ended the run before every input had its outcome. */
export function endedEarly({ log, schedule, settled }: Performance): boolean {
  return (
    schedule.options.maxTokens !== undefined ||
    schedule.options.maxCost !== undefined ||
    log.entries.some(
      (entry) =>
        entry.order < settled.order &&
        (entry.type === "aborted" ||
          entry.type === "drained" ||
          entry.type === "broke" ||
          (entry.type === "call ended" && entry.call.result?.kind === "threw" && entry.call.result.failure.stops)),
    )
  );
}

/** The time from which an input that still arrives from the source may be left aside. */
function endDecidedAt({ log, settled }: Performance): number {
  const times = log.entries.flatMap((entry) => {
    const ends =
      entry.type === "aborted" ||
      entry.type === "drained" ||
      (entry.type === "call ended" && entry.call.result?.kind === "threw" && entry.call.result.failure.stops);
    return ends ? [entry.time] : [];
  });
  // A budget that is spent ends a run when it starts its last call, at the earliest.
  return Math.min(settled.time, log.calls.at(-1)?.start.time ?? 0, ...times);
}

/** Inputs that were given to the engine: all of an array, what was pulled of anything else. */
export function slotsOf({ schedule, log }: Performance): number {
  return schedule.source.kind === "array" ? givenBy(schedule) : log.all("pulled").length;
}

/** Tells whether `reason` stands for what was thrown: itself, or an Error that wraps what is not an Error. */
export function stands(reason: unknown, thrown: unknown): boolean {
  if (thrown instanceof Error) return reason === thrown;
  return reason instanceof Error && reason.cause === thrown;
}

/** Tells whether a rejection is what a fate says. */
export function tells(reason: unknown, failure: Failure | "timeout" | "result"): boolean {
  if (failure === "timeout") return TimeoutError.isInstance(reason);
  return failure === "result" ? ResultError.isInstance(reason) : stands(reason, failure.thrown);
}

const UNSENT: Fate = { kind: "open", last: undefined };

interface Context {
  readonly performance: Performance;
  readonly facts: Facts;
  readonly early: boolean;
}

/** Outcomes that were handed out, by slot. */
function seenBy({ ending, log, schedule }: Performance, faults: string[]): Map<number, SeenOutcome> {
  const seen = new Map<number, SeenOutcome>();
  const take = (outcome: SeenOutcome): void => {
    if (seen.has(outcome.index)) faults.push(`slot ${outcome.index} was given back twice`);
    seen.set(outcome.index, outcome);
  };
  let last = -1;
  for (const { outcome } of log.all("received")) {
    take(outcome);
    if (schedule.reading === "inOrder" && outcome.index !== ++last)
      faults.push(`slot ${outcome.index} is out of order (L2)`);
  }
  if (ending.kind === "resolved") {
    if (!Array.isArray(ending.outputs)) faults.push("batch did not resolve to an array");
    else for (const [index, output] of ending.outputs.entries()) take(outcomeOf(output, index, keyOf(schedule, index)));
  }
  if (ending.kind === "rejected" && BatchError.isInstance(ending.error) && !isStream(schedule.reading)) {
    const outcomes = ending.error.outcomes as readonly SeenOutcome[];
    for (const outcome of outcomes) take(outcome);
    if (outcomes.some((each, place) => each.index <= (outcomes[place - 1]?.index ?? -1)))
      faults.push("outcomes are not in input order");
  }
  return seen;
}

function isStream(reading: Performance["schedule"]["reading"]): boolean {
  return reading === "asCompleted" || reading === "inOrder";
}

function outcomeOf(output: unknown, index: number, input: number): SeenOutcome {
  if (output instanceof Error) return { index, input, status: "rejected", reason: output };
  return { index, input, status: "fulfilled", value: output };
}

function faultOfSlot(outcome: SeenOutcome, fate: Fate, context: Context): string | undefined {
  if (outcome.status === "fulfilled") {
    if (fate.kind !== "fulfilled") return `a value, though its calls ended as "${fate.kind}"`;
    return isValue(outcome.value, fate.value, context) ? undefined : "the value of another call";
  }
  const { reason } = outcome;
  if (!(reason instanceof Error)) return "a rejection whose reason is no Error";
  if (fate.kind === "rejected" && tells(reason, fate.failure)) return undefined;
  const { schedule } = context.performance;
  // An input that equals an earlier one shares its outcome only once the engine has come to it.
  const follows = schedule.options.dedupe !== undefined && outcome.index >= schedule.distinct;
  if (context.early && follows && isReasonOfRun(reason, context.performance)) return undefined;
  const settledTime = context.performance.settled.time;
  // What is decided in the very instant of the end may be on either side of it.
  const undecided =
    fate.kind === "open" || (fate.at.time === settledTime && context.early) || (fate.kind === "rejected" && !fate.sure);
  if (!undecided) return `an Error that is not what its calls ended as ("${fate.kind}")`;
  if (context.early && isReasonOfRun(reason, context.performance)) return undefined;
  if (context.early && fate.kind === "open" && fate.last !== undefined && tells(reason, fate.last)) return undefined;
  return `an Error, though its calls ended as "${fate.kind}"`;
}

function isValue(actual: unknown, answered: unknown, { performance }: Context): boolean {
  if (performance.schedule.options.schema === undefined) return Object.is(actual, answered);
  return typeof actual === "object" && actual !== null && "checked" in actual && Object.is(actual.checked, answered);
}

/** Tells whether a slot may hold this reason because the run ended before the slot had an outcome of its own. */
export function isReasonOfRun(reason: unknown, { log, reasons, schedule, settled }: Performance): boolean {
  const before = (type: "aborted" | "drained"): boolean => (log.first(type)?.order ?? Infinity) < settled.order;
  if (before("aborted") && stands(reason, reasons.abort)) return true;
  if (before("drained") && stands(reason, reasons.drain)) return true;
  if (BudgetError.isInstance(reason))
    return schedule.options.maxTokens !== undefined || schedule.options.maxCost !== undefined;
  return log.calls.some(
    ({ result }) => result?.kind === "threw" && result.failure.stops && result.failure.thrown === reason,
  );
}

/** Outcomes that were there when a run was rejected and were not handed out. */
function lost(seen: ReadonlyMap<number, SeenOutcome>, fates: Fates, { performance, facts }: Context): string[] {
  const { schedule, settled, ending, log } = performance;
  const stream = isStream(schedule.reading);
  // The reason of an abort or a drain carries nothing; the outcomes are in the report.
  const inReport = !stream && ending.kind === "rejected" && !BatchError.isInstance(ending.error);
  const found = inReport ? new Map(log.first("finish")?.report.outcomes.map((each) => [each.index, each])) : seen;
  const cut = stream ? Math.min(log.first("aborted")?.time ?? Infinity, settled.time) : settled.time;
  const faults: string[] = [];
  if (facts.repeats) return faults;
  for (let slot = 0; slot < slotsOf(performance); slot++) {
    const fate = fates.of.get(keyOf(schedule, slot));
    // How far an array has been taken cannot be seen: a slot that follows an equal one may not have been reached.
    if (schedule.source.kind === "array" && slot >= schedule.distinct) continue;
    const pulled = pulledAt(performance, slot);
    const decided =
      fate !== undefined &&
      fate.kind !== "open" &&
      !(fate.kind === "rejected" && !fate.sure) &&
      fate.at.time < cut &&
      pulled < cut;
    if (decided && !found.has(slot)) {
      faults.push(`slot ${slot} had an outcome and was lost`);
    } else if (!found.has(slot) && schedule.reading === "inOrder") {
      // Behind the first gap nothing can be yielded in order.
      return faults;
    }
  }
  return faults;
}

function pulledAt({ log, schedule }: Performance, slot: number): number {
  if (schedule.source.kind === "array") return -Infinity;
  return log.all("pulled")[slot]?.time ?? Infinity;
}

/** Slots of equal inputs that are sent one by one: each holds an answer of its own (L5). */
function faultsOfRepeats(seen: ReadonlyMap<number, SeenOutcome>, performance: Performance): string[] {
  const { log, schedule } = performance;
  const answers = new Map<unknown, number>();
  for (const { result, keys } of log.calls) {
    if (result?.kind !== "answered") continue;
    for (const [place, answer] of result.slots.entries()) {
      if (answer.kind !== "value") continue;
      const name = nameOf(answer.value, keys[place] as number);
      answers.set(name, (answers.get(name) ?? 0) + 1);
    }
  }
  const faults: string[] = [];
  for (const [slot, outcome] of seen) {
    if (outcome.status !== "fulfilled") continue;
    const value =
      schedule.options.schema === undefined ? outcome.value : (outcome.value as { checked: unknown }).checked;
    const name = nameOf(value, keyOf(schedule, slot));
    const left = answers.get(name) ?? 0;
    if (left === 0) faults.push(`slot ${slot}: a value that no call gave for it, or that another slot holds`);
    answers.set(name, left - 1);
  }
  return faults;
}

/** An object is itself; a falsy value is told apart by its input. */
function nameOf(value: unknown, key: number): unknown {
  return typeof value === "object" && value !== null ? value : `${String(key)} ${String(value)}`;
}
