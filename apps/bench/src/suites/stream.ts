import { versionOf } from "../machine.ts";
import type { SuiteReport } from "../report.ts";
import { type Entry, interleave, type Timing } from "../rounds.ts";
import { loadAllStreamContenders } from "../streams/index.ts";
import { readAhead, type ReadAhead } from "../streams/read-ahead.ts";
import type { StreamContender } from "../streams/stream-contender.ts";
import { drain, SHAPE } from "../streams/texts.ts";

/** Amount to measure. */
export interface StreamOptions {
  readonly items: number;
  readonly rounds: number;
}

const WARM_UP_ITEMS = 100_000;
const BUDGET_MS = 8000;
const READ_AHEAD_ITEMS = 100_000;

/** Sends texts from an async generator in bulks, and reads each outcome as its bulk completes. */
export async function measureStream({ items, rounds }: StreamOptions): Promise<SuiteReport> {
  const contenders = await loadAllStreamContenders();
  await interleave(entriesOf(contenders, WARM_UP_ITEMS), {
    rounds: 2,
    budgetMs: 0,
    leastRounds: 2,
  });
  const timings = await interleave(entriesOf(contenders, items), { rounds, budgetMs: BUDGET_MS });
  const ahead = new Map<string, ReadAhead>();
  for (const contender of contenders) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    ahead.set(contender.name, await readAhead(contender, READ_AHEAD_ITEMS, SHAPE));
  }
  const of = (name: string): Timing => timings.get(name) as Timing;
  const floor = of("hand-written generator").median;
  const perItem = (milliseconds: number): number => (milliseconds * 1000) / items;
  const ours = ahead.get("Batchwise batchAsCompleted") as ReadAhead;
  return {
    suite: "stream",
    title: `${items.toLocaleString("en")} texts in bulks of ${SHAPE.size}, ${SHAPE.inFlight} in flight`,
    columns: [
      { key: "name", title: "contender" },
      { key: "version", title: "version" },
      { key: "survives", title: "survives a failure" },
      { key: "microseconds", title: "µs an item", digits: 2 },
      { key: "least", title: "least", digits: 2 },
      { key: "most", title: "most", digits: 2 },
      { key: "ratio", title: "times by hand", digits: 2 },
      { key: "inFlight", title: "most bulks in flight" },
      { key: "unsettled", title: "most texts unsettled" },
      { key: "stalled", title: "pulled while the reader stands still" },
      { key: "rounds", title: "rounds" },
    ],
    rows: contenders.map(({ name, package: packageName, survives }) => {
      const { median, least, most, rounds: measured } = of(name);
      return {
        name,
        version: versionOf(packageName),
        survives,
        microseconds: perItem(median),
        least: perItem(least),
        most: perItem(most),
        ratio: median / floor,
        inFlight: ahead.get(name)?.inFlight,
        unsettled: ahead.get(name)?.unsettled,
        stalled: ahead.get(name)?.stalled,
        rounds: measured,
      };
    }),
    targets: [
      {
        name: "Batchwise batchAsCompleted against a hand-written generator",
        bound: "at most",
        limit: 1.2,
        measured: of("Batchwise batchAsCompleted").median / floor,
        unit: "times its time",
      },
      {
        name: "Batchwise batchAsCompleted, texts pulled and unsettled (L11: the work in flight and one bulk being filled)",
        bound: "at most",
        limit: (SHAPE.inFlight + 1) * SHAPE.size,
        measured: ours.unsettled,
        unit: "texts",
      },
      {
        name: "Batchwise batchAsCompleted, texts pulled while the reader stands still (L11: the bound is 2 x bulks in flight)",
        bound: "at most",
        limit: 2 * SHAPE.inFlight * SHAPE.size,
        measured: ours.stalled,
        unit: "texts",
      },
    ],
  };
}

function entriesOf(contenders: readonly StreamContender[], items: number): readonly Entry[] {
  return contenders.map((contender) => ({
    name: contender.name,
    run: async () => {
      await drain(contender, items, SHAPE);
      return () => {};
    },
  }));
}
