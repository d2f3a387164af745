import { versionOf } from "../machine.ts";
import { leastRequests } from "../provider/bound.ts";
import { contenderNamed, OURS } from "../provider/contenders/index.ts";
import { type Entry, type Measured, measureWorkload } from "../provider/measure.ts";
import { bestSetting, describeSetting } from "../provider/settings.ts";
import { type Figures, figuresOf } from "../provider/figures.ts";
import type { Workload, LimitsName } from "../provider/workload.ts";
import { workloads } from "../provider/workloads.ts";
import type { SuiteReport, Target } from "../report.ts";

/** Amount to measure. */
export interface ProviderOptions {
  readonly items: number;
  readonly rounds: number;
}

/** Promise of a workload: one of our figures, and its upper limit. */
interface Promised {
  readonly what: string;
  readonly limit: number;
  readonly unit: string;
  readonly of: (ours: Figures, items: number) => number;
}

const timesBound = (limit: number): Promised => ({
  what: "against the bound",
  limit,
  unit: "times the bound",
  of: (ours) => ours.ratio ?? Number.NaN,
});
const noRefusal: Promised = { what: "429s", limit: 0, unit: "429s", of: (ours) => ours.rateLimited };
const noneLost: Promised = { what: "inputs lost", limit: 0, unit: "inputs", of: (ours) => ours.lost };

const promises: Readonly<Record<LimitsName, readonly Promised[]>> = {
  embed: [timesBound(1.04), noRefusal, noneLost],
  throttled: [timesBound(1.04), noRefusal, noneLost],
  faulty: [
    timesBound(1.08),
    { what: "requests", limit: 850, unit: "requests", of: (ours) => ours.requests },
    { ...noneLost, what: "good inputs lost" },
  ],
  chat: [
    timesBound(1.04),
    noRefusal,
    noneLost,
    {
      what: "requests, compared with one a prompt",
      limit: 0,
      unit: "more or fewer",
      of: (ours, items) => Math.abs(ours.requests - items),
    },
  ],
  wide: [
    timesBound(1.05),
    noneLost,
    { what: "memory above its level", limit: 400, unit: "MB of peak RSS", of: (ours) => ours.above },
  ],
};

/** Runs a workload through Batchwise with nothing configured, and through its peers as they come and at their best. */
export async function measureProvider(name: LimitsName, options: ProviderOptions): Promise<SuiteReport> {
  const entries = entriesOf(name);
  const measured = await measureWorkload(name, entries, options);
  const figures = new Map(
    entries.map((entry) => [entry, figuresOf(measured.runs.get(entry) ?? [], measured.demand.inputs)]),
  );
  const rows = await Promise.all(entries.map((entry) => rowOf(entry, figures.get(entry) as Figures)));
  const ours = figures.get(entries[0] as Entry) as Figures;
  const workload = workloads[name];
  return {
    suite: name,
    title: titleOf(workload, measured, options.items),
    columns: [
      { key: "name", title: "contender" },
      { key: "version", title: "version" },
      { key: "setting", title: "setting" },
      ...(workload.badInputEvery === undefined ? [] : [{ key: "loses", title: "a refused text loses" }]),
      { key: "seconds", title: "seconds", digits: 1 },
      { key: "ratio", title: "times the bound", digits: 2 },
      { key: "requests", title: "requests" },
      { key: "rateLimited", title: "429s" },
      { key: "lost", title: "lost" },
      { key: "wasted", title: "tokens wasted" },
      { key: "inFlight", title: "most in flight" },
      { key: "above", title: "above the level, MB" },
      { key: "rounds", title: "rounds" },
    ],
    rows: rows.toSorted((left, right) => left.lost - right.lost || left.seconds - right.seconds),
    targets: [
      ...promises[name].map(({ what, limit, unit, of }): Target => ({
        name: `Batchwise batch, ${what}`,
        bound: "at most",
        limit,
        measured: of(ours, options.items),
        unit,
      })),
      {
        name: "The emulator's process, busiest run (a full core would be measured instead)",
        bound: "at most",
        limit: 0.8,
        measured: Math.max(...[...figures.values()].map((each) => each.emulatorCores)),
        unit: "cores",
      },
    ],
  };
}

/** Entries: Batchwise as it comes; each peer at its best and as it comes. */
function entriesOf(name: LimitsName): readonly Entry[] {
  const others = workloads[name].peers;
  return [
    { name: OURS, setting: {}, always: true },
    ...others.map((each) => ({ name: each, setting: bestSetting(name, each), always: false })),
    ...others.map((each) => ({ name: each, setting: {}, always: false })),
  ];
}

async function rowOf(entry: Entry, figures: Figures) {
  const { package: packageName, refusedTextLoses } = await contenderNamed(entry.name);
  return {
    name: entry.name,
    version: versionOf(packageName),
    loses: refusedTextLoses,
    setting: describeSetting(entry.setting),
    ...figures,
  };
}

function titleOf(workload: Workload, { demand, boundMs }: Measured, items: number): string {
  const { kind, dimensions, limits } = workload;
  const what =
    kind === "chat" ? "prompts into answers" : `texts into vectors of ${dimensions.toLocaleString("en")} numbers`;
  const counted = [
    `${demand.tokens.toLocaleString("en")} tokens`,
    `at least ${leastRequests(workload, demand).toLocaleString("en")} requests`,
  ].join(" in ");
  const allowed = [
    `${limits.requestsPerMinute.toLocaleString("en")} requests`,
    `${limits.tokensPerMinute.toLocaleString("en")} tokens a minute`,
  ].join(" and ");
  return `${items.toLocaleString("en")} ${what}, ${counted}, on ${allowed}: bound ${(boundMs / 1000).toFixed(1)} s`;
}
