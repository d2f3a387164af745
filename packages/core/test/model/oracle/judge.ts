import type { Performance } from "../perform.ts";
import { faultsOfCalls } from "./calls.ts";
import { faultsOfEnding } from "./endings.ts";
import { factsOf } from "./facts.ts";
import { fatesOf } from "./fates.ts";
import { faultsOfIsolation } from "./isolation.ts";
import { faultsOfOutcomes } from "./outcomes.ts";
import { faultsOfPace } from "./pace.ts";
import { faultsOfReports } from "./reports.ts";

/**
 * Everything that a run did against the laws, in words; empty for a lawful one. It knows the schedule, what the backend
 * and the source saw, and what the caller got, and nothing of the engine.
 */
export function judge(performance: Performance): string[] {
  if (performance.ending.kind === "stuck") return ["it never settled, and nothing is left that could settle it"];
  const facts = factsOf(performance.schedule);
  const fates = fatesOf(performance, facts);
  return [
    ...performance.log.faults,
    ...fates.faults,
    ...faultsOfCalls(performance, facts),
    ...faultsOfIsolation(performance, facts),
    ...faultsOfOutcomes(performance, facts, fates),
    ...faultsOfEnding(performance, facts, fates),
    ...faultsOfPace(performance, facts, fates),
    ...faultsOfReports(performance, facts),
  ];
}
