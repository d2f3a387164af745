import { systemClock } from "../contract/clock.ts";
import type { BatchInfo, BatchListeners, Middleware } from "../contract/middleware.ts";
import type { FinishReport } from "../contract/report.ts";
import type { BatchOptions } from "../contract/runnable.ts";
import { Stats } from "../engine/results/stats.ts";

/** Asks middleware for its listeners to a batch, from outside to inside, and puts each in front of those it has got. */
export function listenTo(info: BatchInfo, middleware: readonly Middleware[], listeners: BatchListeners[]): void {
  for (const each of middleware.toReversed()) listeners.unshift(each.batch?.(info) ?? {});
}

/** Options in which the listeners of middleware come before the caller's own, and at the end after them. */
export function withListeners<Input, Output>(
  options: BatchOptions<Input, Output>,
  listeners: readonly BatchListeners[],
): BatchOptions<Input, Output> {
  const all = [...listeners, options] as readonly BatchOptions<Input, Output>[];
  const last = [options, ...listeners] as typeof all;
  return {
    ...options,
    onProgress: inTurn(all.map((each) => each.onProgress)),
    onRequest: inTurn(all.map((each) => each.onRequest)),
    onRetry: inTurn(all.map((each) => each.onRetry)),
    onFinish: allInTurn(last.map((each) => each.onFinish)),
  };
}

/** Tells those who listen already that a batch could not be started. */
export function tellRefused(listeners: readonly BatchListeners[], reason: unknown): void {
  const report = { ...new Stats({}, systemClock).report("failed", 0, reason), outcomes: [] };
  withListeners({}, listeners).onFinish?.(report);
}

type Listener<Event> = ((event: Event) => void) | undefined;

function inTurn<Event>(listeners: readonly Listener<Event>[]): Listener<Event> {
  const given = listeners.filter((each) => each !== undefined);
  return given.length === 0 ? undefined : (event) => given.forEach((listener) => listener(event));
}

/** Listeners to an end, all of which hear of it: after one that has thrown, the batch has failed. */
function allInTurn<Report extends Pick<FinishReport, "status" | "reason">>(
  listeners: readonly Listener<Report>[],
): Listener<Report> {
  const given = listeners.filter((each) => each !== undefined);
  if (given.length === 0) return undefined;
  return (report) => {
    let heard = report;
    for (const listener of given) {
      try {
        listener(heard);
      } catch (error) {
        if (heard === report) heard = { ...report, status: "failed", reason: error };
      }
    }
    if (heard !== report) throw heard.reason;
  };
}
