import { readFile, writeFile } from "node:fs/promises";
import type { SuiteReport } from "../report.ts";
import { contenderNamed } from "./contenders/index.ts";
import type { Setting } from "./contenders/contender.ts";
import { type Entry, type MeasuredRun, measureWorkload } from "./measure.ts";
import { type BestSettings, describeSetting, type SweptName } from "./settings.ts";
import { workloads } from "./workloads.ts";

/** Share of each workload's inputs for the sweep: the buckets behave alike, and it takes minutes less. */
const PARTS: Readonly<Record<SweptName, number>> = {
  embed: 1 / 2,
  throttled: 1 / 4,
  faulty: 1 / 2,
  chat: 1,
  E10: 0.3,
  E30: 0.3,
  E10s6: 0.3,
  E1: 0.3,
  Eflat: 0.3,
  F: 0.3,
  T: 0.3,
  C: 0.5,
  queue: 1 / 6,
  slots: 1 / 6,
  crowd: 1 / 6,
};

/** Workloads that the sweep knows. */
export const SWEPT: readonly SweptName[] = Object.keys(PARTS) as SweptName[];

/** Seed that no suite measures with. */
const SEED = 101;
/** Time after which a setting is not the best. */
const LEAST_TIMEOUT_MS = 5000;

/** Result of a sweep. */
export interface Sweep {
  readonly best: BestSettings;
  readonly report: SuiteReport;
}

/** Trial of one setting. */
interface Trial {
  readonly workload: SweptName;
  readonly entry: Entry;
  readonly run: MeasuredRun;
}

/** Tries each peer's grid of settings on each workload, and chooses the one that loses least, then the fastest. */
export async function sweepSettings(names: readonly SweptName[], onTrial: (line: string) => void): Promise<Sweep> {
  const trials: Trial[] = [];
  for (const workload of names) {
    const items = Math.ceil(workloads[workload].items * PARTS[workload]);
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    await measureWorkload(workload, await gridEntries(workload), {
      items,
      rounds: 1,
      firstSeed: SEED,
      leastTimeoutMs: LEAST_TIMEOUT_MS,
      onRun(entry, run) {
        trials.push({ workload, entry, run });
        onTrial(`${workload}: ${entry.name}, ${describeSetting(entry.setting)}: ${describeRun(run)}`);
      },
    });
  }
  const best = bestOf(trials);
  return { best, report: reportOf(trials, best) };
}

/** Writes settings to the file that the suites read, besides those of other workloads. */
export async function writeBestSettings(file: URL, best: BestSettings): Promise<void> {
  const known = JSON.parse(await readFile(file, "utf8")) as BestSettings;
  const all = { ...known, ...best };
  const ordered = Object.fromEntries(SWEPT.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
  await writeFile(file, `${JSON.stringify(ordered, null, 2)}\n`);
}

/** Setting of each peer for each workload that lost least, and of those the fastest. */
export function bestOf(trials: readonly Trial[]): BestSettings {
  const ordered = trials.toSorted(
    (left, right) => left.run.lost - right.run.lost || left.run.milliseconds - right.run.milliseconds,
  );
  const best: { [Name in SweptName]?: Record<string, Setting> } = {};
  for (const { workload, entry } of ordered) {
    const settings = (best[workload] ??= {});
    settings[entry.name] ??= entry.setting;
  }
  return best;
}

async function gridEntries(workload: SweptName): Promise<readonly Entry[]> {
  const { grid, peers } = workloads[workload];
  const entries: Entry[] = [];
  for (const name of peers) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const { grids } = await contenderNamed(name);
    for (const setting of grids?.[grid] ?? []) entries.push({ name, setting, always: true });
  }
  return entries;
}

function reportOf(trials: readonly Trial[], best: BestSettings): SuiteReport {
  return {
    suite: "sweep",
    title: "Settings of the peers that were tried",
    columns: [
      { key: "workload", title: "workload" },
      { key: "name", title: "contender" },
      { key: "setting", title: "setting" },
      { key: "seconds", title: "seconds", digits: 1 },
      { key: "ratio", title: "times the bound", digits: 2 },
      { key: "lost", title: "lost" },
      { key: "rateLimited", title: "429s" },
      { key: "best", title: "best" },
    ],
    rows: trials.map(({ workload, entry, run }) => ({
      workload,
      name: entry.name,
      setting: describeSetting(entry.setting),
      seconds: run.milliseconds / 1000,
      ratio: run.milliseconds / run.boundMs,
      lost: run.lost,
      rateLimited: run.counts.rateLimited,
      best: best[workload]?.[entry.name] === entry.setting,
    })),
    targets: [],
  };
}

function describeRun({ milliseconds, boundMs, lost }: MeasuredRun): string {
  return `${(milliseconds / 1000).toFixed(1)} s, ${(milliseconds / boundMs).toFixed(2)} times the bound, ${lost} lost`;
}
