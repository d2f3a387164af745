import { versionOf } from "../machine.ts";
import { contenderNamed, OURS } from "../provider/contenders/index.ts";
import { type Figures, figuresOf } from "../provider/figures.ts";
import { type Entry, measureWorkload } from "../provider/measure.ts";
import { bestSetting, describeSetting } from "../provider/settings.ts";
import type { LatencyName } from "../provider/workload.ts";
import { workloads } from "../provider/workloads.ts";
import type { SuiteReport, Target } from "../report.ts";
import type { SuiteOptions } from "./index.ts";
import { chosenRows } from "./rows.ts";

/** Promise of a row: times the bound, and requests where they are promised. */
interface Promised {
  readonly ratio: number;
  readonly requests?: number;
  /** True where not one 429 is promised. */
  readonly noRefusal?: boolean;
}

const PROMISES: Readonly<Record<LatencyName, Promised>> = {
  E10: { ratio: 1.04 },
  E30: { ratio: 1.045 },
  E10s6: { ratio: 1.05 },
  E1: { ratio: 1.03 },
  Eflat: { ratio: 1.03 },
  F: { ratio: 1.06, requests: 1100 },
  T: { ratio: 1.04, noRefusal: true },
  C: { ratio: 1.04, noRefusal: true },
};

/** Times the bound by which a peer at its best may be ahead. */
const MOST_BEHIND = 0.01;

/** Row of the table: what a contender took for a workload. */
interface Row extends Figures {
  readonly entry: Entry;
}

/** Runs each workload through Batchwise with nothing configured, and through its peers as they come and at their best. */
export async function measureLatency(options: SuiteOptions): Promise<SuiteReport> {
  const names = chosenRows(Object.keys(PROMISES) as LatencyName[], options);
  const cells: SuiteReport["rows"][number][] = [];
  const targets: Target[] = [];
  let busiest = 0;
  for (const name of names) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const rows = await measureRow(name, options);
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    cells.push(...(await Promise.all(rows.map((row) => cellsOf(name, row)))));
    targets.push(...targetsOf(name, rows));
    busiest = Math.max(busiest, ...rows.map((row) => row.emulatorCores));
  }
  return {
    suite: "latency",
    title: "50,000 texts on 12,000 requests and 20,000,000 tokens a minute, and other work, at several latencies",
    columns: [
      { key: "work", title: "work" },
      { key: "name", title: "contender" },
      { key: "version", title: "version" },
      { key: "setting", title: "setting" },
      { key: "seconds", title: "seconds", digits: 1 },
      { key: "ratio", title: "times the bound", digits: 3 },
      { key: "requests", title: "requests" },
      { key: "rateLimited", title: "429s" },
      { key: "lost", title: "lost" },
      { key: "inFlight", title: "most in flight" },
      { key: "rounds", title: "rounds" },
    ],
    rows: cells,
    targets: [
      ...targets,
      {
        name: "The emulator's process, busiest run (a full core would be measured instead)",
        bound: "at most",
        limit: 0.8,
        measured: busiest,
        unit: "cores",
      },
    ],
  };
}

async function measureRow(
  name: LatencyName,
  { items, rounds, contenders }: SuiteOptions,
): Promise<readonly [Row, ...Row[]]> {
  const { peers, items: usual } = workloads[name];
  const chosen = peers.filter((peer) => contenders?.some((part) => peer.includes(part)) ?? true);
  const ours: Entry = { name: OURS, setting: {}, always: true };
  const entries = [
    ours,
    ...chosen.map((peer): Entry => ({ name: peer, setting: bestSetting(name, peer), always: true })),
    ...chosen.map((peer): Entry => ({ name: peer, setting: {}, always: false })),
  ];
  const measured = await measureWorkload(name, entries, {
    items: Math.ceil((items * usual) / workloads.E10.items),
    rounds,
    onRun: (entry, { milliseconds, boundMs }) =>
      process.stderr.write(
        `${name}: ${entry.name}, ${describeSetting(entry.setting)}: ${(milliseconds / boundMs).toFixed(3)}\n`,
      ),
  });
  const rowOf = (entry: Entry): Row => ({
    entry,
    ...figuresOf(measured.runs.get(entry) ?? [], measured.demand.inputs),
  });
  const others = entries.slice(1).map(rowOf);
  return [rowOf(ours), ...others.toSorted((left, right) => left.lost - right.lost || left.seconds - right.seconds)];
}

async function cellsOf(name: LatencyName, { entry, ...figures }: Row): Promise<SuiteReport["rows"][number]> {
  const { package: packageName } = await contenderNamed(entry.name);
  return {
    work: workloads[name].about,
    name: entry.name,
    version: versionOf(packageName),
    setting: describeSetting(entry.setting),
    ...figures,
  };
}

function targetsOf(name: LatencyName, [ours, ...others]: readonly [Row, ...Row[]]): readonly Target[] {
  const { ratio, requests, noRefusal = false } = PROMISES[name];
  const best = Math.min(...others.filter(({ lost }) => lost === 0).map((peer) => peer.ratio ?? Infinity));
  const target = (what: string, limit: number, measured: number, unit: string): Target => ({
    name: `${name}, Batchwise batch, ${what}`,
    bound: "at most",
    limit,
    measured,
    unit,
  });
  return [
    target("against the bound", ratio, ours.ratio ?? Number.NaN, "times the bound"),
    target("inputs lost", 0, ours.lost, "inputs"),
    ...(requests === undefined ? [] : [target("requests", requests, ours.requests, "requests")]),
    ...(noRefusal ? [target("429s", 0, ours.rateLimited, "429s")] : []),
    ...(best === Infinity
      ? []
      : [
          target(
            "behind the best peer that loses nothing",
            MOST_BEHIND,
            (ours.ratio ?? Number.NaN) - best,
            "times the bound",
          ),
        ]),
  ];
}
