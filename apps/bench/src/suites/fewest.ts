import { leastRequests } from "../provider/bound.ts";
import { OURS } from "../provider/contenders/index.ts";
import { figuresOf } from "../provider/figures.ts";
import { type Entry, measureWorkload } from "../provider/measure.ts";
import type { FewestName } from "../provider/workload.ts";
import { workloads } from "../provider/workloads.ts";
import type { SuiteReport, Target } from "../report.ts";
import type { SuiteOptions } from "./index.ts";
import { chosenRows } from "./rows.ts";

/** Times the least requests that can carry the work. Where requests are few, one more finds out the limits. */
const PROMISES: Readonly<Record<FewestName, number>> = {
  request: 1.05,
  day: 1.05,
  max413: 1.2,
  max400: 1.2,
  max500: 1.2,
};

/** Counts the requests that Batchwise makes, against the least that can carry the work. */
export async function measureFewest(options: SuiteOptions): Promise<SuiteReport> {
  const rows: SuiteReport["rows"][number][] = [];
  const targets: Target[] = [];
  for (const name of chosenRows(Object.keys(PROMISES) as FewestName[], options)) {
    const ours: Entry = { name: OURS, setting: {}, always: true };
    const { about, items } = workloads[name];
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const { runs, demand } = await measureWorkload(name, [ours], {
      items: Math.ceil((options.items * items) / workloads.E10.items),
      rounds: options.rounds,
      // Requests are counted here, and not time.
      leastTimeoutMs: 120_000,
    });
    const figures = figuresOf(runs.get(ours) ?? [], demand.inputs);
    const least = leastRequests(workloads[name], demand);
    const ratio = figures.requests / least;
    rows.push({ work: about, least, ...figures, ratio });
    targets.push(
      {
        name: `${name}, Batchwise batch, requests`,
        bound: "at most",
        limit: PROMISES[name],
        measured: ratio,
        unit: "times the least",
      },
      { name: `${name}, inputs lost`, bound: "at most", limit: 0, measured: figures.lost, unit: "inputs" },
    );
  }
  return {
    suite: "fewest",
    title: "Requests that Batchwise makes, against the least that can carry the work",
    columns: [
      { key: "work", title: "work" },
      { key: "least", title: "least requests" },
      { key: "requests", title: "requests" },
      { key: "ratio", title: "times the least", digits: 3 },
      { key: "seconds", title: "seconds", digits: 1 },
      { key: "rateLimited", title: "429s" },
      { key: "lost", title: "lost" },
      { key: "rounds", title: "rounds" },
    ],
    rows,
    targets,
  };
}
