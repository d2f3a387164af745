import { OURS } from "../provider/contenders/index.ts";
import { figuresOf } from "../provider/figures.ts";
import { type Entry, type MeasuredRun, measureWorkload } from "../provider/measure.ts";
import { bestSetting, describeSetting } from "../provider/settings.ts";
import type { OwnName } from "../provider/workload.ts";
import { workloads } from "../provider/workloads.ts";
import type { SuiteReport, Target } from "../report.ts";
import { median } from "../rounds.ts";
import type { SuiteOptions } from "./index.ts";
import { chosenRows } from "./rows.ts";

/** Least share of the best fixed setting's speed. */
const PROMISES: Readonly<Record<OwnName, number>> = { queue: 0.95, slots: 0.9, crowd: 0.93 };
/** Seconds in which 90 % of the best speed is to be found. */
const FOUND_S = 10;
const FOUND_SHARE = 0.9;
/** Time over which a speed is taken. */
const SPAN_MS = 3000;

/** Runs a job of a minute on servers that report no limits, with nothing configured, and at the best fixed setting. */
export async function measureOwn(options: SuiteOptions): Promise<SuiteReport> {
  const rows: SuiteReport["rows"][number][] = [];
  const targets: Target[] = [];
  for (const name of chosenRows(Object.keys(PROMISES) as OwnName[], options)) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const { share, foundS, lost, cells } = await measureServer(name, options);
    rows.push(...cells);
    const shared = { name: `${name}, Batchwise batch`, limit: PROMISES[name], measured: share } as const;
    targets.push(
      { ...shared, bound: "at least", unit: "of the best fixed setting's speed" },
      { name: `${name}, found`, bound: "at most", limit: FOUND_S, measured: foundS, unit: "s until 90 % of it" },
      { name: `${name}, inputs lost`, bound: "at most", limit: 0, measured: lost, unit: "inputs" },
    );
  }
  return {
    suite: "own",
    title: "Texts into vectors on servers that report no limits, in jobs of about a minute",
    columns: [
      { key: "work", title: "server" },
      { key: "name", title: "contender" },
      { key: "setting", title: "setting" },
      { key: "seconds", title: "seconds", digits: 1 },
      { key: "share", title: "of the best's speed", digits: 3 },
      { key: "foundS", title: "s until 90 % of it", digits: 1 },
      { key: "requests", title: "requests" },
      { key: "lost", title: "lost" },
      { key: "inFlight", title: "most in flight" },
      { key: "rounds", title: "rounds" },
    ],
    rows,
    targets,
  };
}

async function measureServer(name: OwnName, { items, rounds }: SuiteOptions) {
  const { about, peers, items: usual } = workloads[name];
  const ours: Entry = { name: OURS, setting: {}, always: true };
  const fixed = peers.map((peer): Entry => ({ name: peer, setting: bestSetting(name, peer), always: true }));
  const measured = await measureWorkload(name, [ours, ...fixed], {
    items: Math.ceil((items * usual) / workloads.E10.items),
    rounds,
  });
  const runsOf = (entry: Entry): readonly MeasuredRun[] => measured.runs.get(entry) ?? [];
  const bestMs = Math.min(...fixed.map((entry) => median(runsOf(entry).map((run) => run.milliseconds))));
  const rows = [ours, ...fixed].map((entry) => {
    const figures = figuresOf(runsOf(entry), measured.demand.inputs);
    const foundS = median(
      runsOf(entry).map(({ counts: { answered = [], tokensAdmitted } }) => {
        return firstMs(answered, (FOUND_SHARE * tokensAdmitted) / bestMs) / 1000;
      }),
    );
    return { entry, figures, foundS, share: bestMs / 1000 / figures.seconds };
  });
  return {
    share: rows[0]!.share,
    foundS: rows[0]!.foundS,
    lost: rows[0]!.figures.lost,
    cells: rows.map(({ entry, figures, foundS, share }) => ({
      work: about,
      name: entry.name,
      setting: describeSetting(entry.setting),
      seconds: figures.seconds,
      share,
      foundS,
      requests: figures.requests,
      lost: figures.lost,
      inFlight: figures.inFlight,
      rounds: figures.rounds,
    })),
  };
}

/** Milliseconds until so many tokens a millisecond were answered, over three seconds; Infinity where they never were. */
export function firstMs(answered: readonly (readonly [ms: number, tokens: number])[], tokensPerMs: number): number {
  let sum = 0;
  let first = 0;
  for (const [at, tokens] of answered) {
    sum += tokens;
    for (; answered[first]![0] <= at - SPAN_MS; first++) sum -= answered[first]![1];
    if (at >= SPAN_MS && sum / SPAN_MS >= tokensPerMs) return at;
  }
  return Infinity;
}
