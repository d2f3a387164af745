import { createHash } from "node:crypto";
import fc from "fast-check";
import { schedules } from "./draw.ts";
import type { Entry } from "./log.ts";
import { perform, type Performance } from "./perform.ts";
import type { Schedule } from "./schedule.ts";
import { FAMILIES, type FamilyName } from "./search.ts";

const SEED = 20_261_128;
const OF_EACH_FAMILY = 500;

/** One drawn schedule, by its family and its place in it. */
interface Drawn {
  readonly name: string;
  readonly schedule: Schedule;
}

/** The 2,000 schedules whose event logs are kept: the same ones in every run. */
export function drawnSchedules(): Drawn[] {
  return (Object.keys(FAMILIES) as FamilyName[]).flatMap((family) =>
    fc
      .sample(schedules(FAMILIES[family]), { numRuns: OF_EACH_FAMILY, seed: SEED })
      .map((schedule, at) => ({ name: `${family}:${at}`, schedule })),
  );
}

/** Short hash of an event log. */
export function hashOf(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}

/** A schedule's event log: calls, inputs, times and outcomes. */
export async function eventLog(schedule: Schedule): Promise<string[]> {
  return linesOf(await perform(schedule));
}

/** Events of one kind stand in the order in which they happened; how kinds interleave within an instant is left out. */
function linesOf({ log, ending, settled, timersLeft }: Performance): string[] {
  const lines = log.entries.flatMap((entry) => lineOf(entry)?.join(" ") ?? []);
  const byKind = Map.groupBy(lines, (line) => line.slice(0, line.indexOf(" ")));
  const end = "outputs" in ending ? ending.outputs : "error" in ending ? ending.error : "";
  return [
    ...[...byKind.keys()].toSorted().flatMap((kind) => byKind.get(kind) ?? []),
    `end ${ending.kind} ${settled.time} ${timersLeft} ${show(end)}`,
  ];
}

function lineOf(entry: Entry): readonly [kind: string, text: string] | undefined {
  const at = entry.time;
  switch (entry.type) {
    case "call started":
      return ["call", `${entry.call.keys.join(",")} ${at}`];
    case "call ended":
      return ["answer", `${entry.call.number} ${entry.call.result?.kind} ${at}`];
    case "call aborted":
      return ["abort", `${entry.call.number} ${at}`];
    case "pulled":
      return ["pull", `${entry.slot} ${at}`];
    case "received": {
      const { index, status, value, reason } = entry.outcome;
      return ["outcome", `${index} ${status} ${at} ${show(value)} ${show(reason)}`];
    }
    case "retry":
      return ["retry", `${entry.inputs} ${entry.delayMs} ${at} ${show(entry.error)}`];
    case "request":
      return ["request", `${entry.inputs} ${at}`];
    case "finish": {
      const { outcomes, ...report } = entry.report;
      const settled = outcomes.map((each) => `${each.index} ${each.status} ${show(each.value)} ${show(each.reason)}`);
      return ["finish", `${at} ${show(report)} ${settled.join(";")}`];
    }
    case "source ended":
    case "source closed":
    case "source threw":
      return [entry.type.replace(" ", "-"), String(at)];
    default:
      return undefined;
  }
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) => {
      if (each instanceof Error) return `${each.name}: ${"code" in each ? String(each.code) : ""}`;
      if (typeof each === "number" && !Number.isFinite(each)) return String(each);
      return each === undefined ? "undefined" : each;
    }) ?? "undefined"
  );
}
