import type { CallReport, Usage } from "@batchwise/core";

import { inputAt, take } from "../expectations.ts";
import { broken, expectThat, type Law, nameOf } from "../law.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { engineMethods, type Way } from "../ways.ts";

/** L18: rate limits, budgets, costs and the size of requests all follow from the usage that answers report. */
export const l18: Law = {
  number: "L18",
  title: "a call reports its usage",
  advice:
    "give the response's usage to `options.report`, and let the backend's responses hold one; where the provider tells none, say so in `skip.L18`.",
  observes: false,
  async check(subject) {
    const where = "invoke, one input";
    await inTrial(subject, {}, async (trial) => {
      const reports: CallReport[] = [];
      const run = trial.runnable.invoke(inputAt(subject, 0), { report: (report) => void reports.push(report) });
      const attempt = await trial.attempt(run, where);
      if (attempt.status === "rejected") throw broken(where, "an output", nameOf(attempt.reason), attempt.reason);
      expectUsage(usagesIn(reports), where);
    });
    for (const way of engineMethods) await checkWay(subject, way, `${way.name}, 6 inputs`);
  },
};

async function checkWay<Input, Output>(subject: Subject<Input, Output>, way: Way, where: string): Promise<void> {
  await inTrial(subject, {}, async (trial) => {
    const reports: CallReport[] = [];
    const calls: (Usage | undefined)[] = [];
    const run = way.run(trial.runnable, take(subject, 6), {
      ...trial.options,
      report: (report) => void reports.push(report),
      onRequest: ({ error, usage }) => void (error === undefined && calls.push(usage)),
    });
    const attempt = await trial.attempt(run, where);
    if (attempt.status === "rejected") throw broken(where, "outputs", nameOf(attempt.reason), attempt.reason);
    const silent = calls.filter((usage) => usage === undefined).length;
    expectThat(silent === 0, where, "the usage of each call", `${silent} of ${calls.length} calls without any`);
    expectUsage(usagesIn(reports), where);
  });
}

function usagesIn(reports: readonly CallReport[]): Usage[] {
  return reports.flatMap(({ usage }) => usage ?? []);
}

/** Expects at least one usage, of numbers that can be added up, and more than nothing in all. */
function expectUsage(usages: readonly Usage[], where: string): void {
  expectThat(usages.length > 0, where, "a report of the call's usage", "none");
  const counts = usages.flatMap((usage) => Object.values(usage)).filter((count) => count !== undefined);
  const areCounts = counts.every((count) => Number.isFinite(count) && count >= 0);
  expectThat(areCounts, where, "finite numbers from 0 in the usage", "another value");
  expectThat(Math.max(0, ...counts) > 0, where, "a usage of more than 0", "nothing used");
}
