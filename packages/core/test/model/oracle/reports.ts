import type { Performance } from "../perform.ts";
import type { Facts } from "./facts.ts";
import { endedEarly } from "./outcomes.ts";

/** The hooks tell the truth: the last word comes once, and adds up. */
export function faultsOfReports(performance: Performance, facts: Facts): string[] {
  const { log, schedule, settled, ending } = performance;
  const finishes = log.all("finish");
  const [finish] = finishes;
  if (finish === undefined || finishes.length !== 1) return [`onFinish was called ${finishes.length} times`];
  const faults: string[] = [];
  const { report } = finish;
  if (finish.time > settled.time) faults.push("onFinish was called after the end");
  for (const count of [report.fulfilled, report.rejected, report.unfinished, report.requests, report.retries]) {
    if (!Number.isInteger(count) || count < 0) faults.push(`a count of the report is ${count}`);
  }
  if (schedule.options.hooks) faults.push(...faultsOfHooks(performance, facts));
  const whole =
    !endedEarly(performance) &&
    log.first("source threw") === undefined &&
    (ending.kind === "resolved" || ending.kind === "done");
  if (!whole) return faults;
  if (report.status !== "completed") faults.push(`the status is "${report.status}", expected "completed"`);
  if (report.fulfilled + report.rejected !== schedule.count || report.unfinished !== 0) {
    faults.push(
      `the report counts ${report.fulfilled} + ${report.rejected} outcomes, ${report.unfinished} unfinished, of ${schedule.count}`,
    );
  }
  if (report.requests !== log.calls.length)
    faults.push(`the report counts ${report.requests} requests of ${log.calls.length}`);
  if (schedule.options.hooks) {
    const requests = log.all("request").length;
    if (requests !== log.calls.length)
      faults.push(`onRequest was called ${requests} times for ${log.calls.length} calls`);
    if (log.all("retry").length !== report.retries)
      faults.push(`onRetry was called ${log.all("retry").length} times for ${report.retries} retries`);
    const last = log.all("progress").at(-1)?.progress;
    if (schedule.count > 0 && last?.["done"] !== schedule.count)
      faults.push(`the last progress is ${String(last?.["done"])} of ${schedule.count}`);
  }
  return faults;
}

function faultsOfHooks({ log }: Performance, facts: Facts): string[] {
  const faults: string[] = [];
  let done = 0;
  for (const { progress } of log.all("progress")) {
    for (const name of ["done", "failed", "requests", "retries", "inFlight", "itemsPerSecond", "elapsedMs"]) {
      const value = progress[name];
      if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
        faults.push(`progress.${name} is ${String(value)}`);
    }
    if ((progress["done"] as number) < done) faults.push("progress went back");
    done = progress["done"] as number;
    if ((progress["inFlight"] as number) > facts.cap)
      faults.push("progress tells of more calls in flight than are allowed");
  }
  return faults;
}
