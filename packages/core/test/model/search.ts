import fc from "fast-check";
import { type Family, schedules } from "./draw.ts";
import { judge } from "./oracle/judge.ts";
import { perform } from "./perform.ts";
import type { Schedule } from "./schedule.ts";

/** Schedules that every test run makes in all. BATCHWISE_RUNS asks for more. */
export const SCHEDULES: number = Math.max(10_000, Number(process.env["BATCHWISE_RUNS"] ?? 0));

/** The same schedules in every test run, so that a red one is the change's own doing. BATCHWISE_SEED=random draws new ones. */
const SEED: number | undefined =
  process.env["BATCHWISE_SEED"] === "random" ? undefined : Number(process.env["BATCHWISE_SEED"] ?? 1);

export type FamilyName = "invoke" | "invokeMany" | "overridden batch" | "limits";

/** The families of schedules, and the share that each has of all schedules. Each is a test file of its own. */
export const FAMILIES: Readonly<Record<FamilyName, Family & { readonly share: number }>> = {
  invoke: { hook: "invoke", limited: false, share: 0.3 },
  invokeMany: { hook: "invokeMany", limited: false, share: 0.35 },
  "overridden batch": { hook: "batch", limited: false, share: 0.15 },
  limits: { hook: "invokeMany", limited: true, share: 0.2 },
};

/** Schedules of a family in one test run. */
export function runsOf(name: FamilyName): number {
  return Math.ceil(SCHEDULES * FAMILIES[name].share);
}

/**
 * Performs that many schedules of a family and judges each.
 *
 * @returns how many were performed.
 * @throws fast-check's report of the smallest schedule that breaks a law, with the seed that finds it again.
 */
export async function search(name: FamilyName, runs: number): Promise<number> {
  let performed = 0;
  const property = lawful(name, () => performed++);
  await fc.assert(property, {
    numRuns: runs,
    includeErrorInReport: true,
    ...(SEED === undefined ? {} : { seed: SEED }),
  });
  return performed;
}

/** The first finding of `probe`. */
export interface Finding {
  /** Schedules up to and with the one that broke a law. */
  readonly runs: number;
  readonly fault: string;
}

/** Looks for a broken law and does not care for the smallest example; undefined where there is none. */
export async function probe(name: FamilyName, runs: number, seed: number): Promise<Finding | undefined> {
  const details = await fc.check(lawful(name), { numRuns: runs, seed, endOnFailure: true });
  if (!details.failed) return undefined;
  const { errorInstance } = details;
  return {
    runs: details.numRuns,
    fault: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
  };
}

function lawful(name: FamilyName, onRun?: () => void): fc.IAsyncProperty<[Schedule]> {
  return fc.asyncProperty(schedules(FAMILIES[name]), async (schedule) => {
    onRun?.();
    const faults = judge(await perform(schedule));
    if (faults.length > 0)
      throw new Error(`Expected a run that keeps its laws, got faults:\n- ${faults.slice(0, 8).join("\n- ")}`);
  });
}
