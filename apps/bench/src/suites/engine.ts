import type { Contender } from "../contenders/contender.ts";
import { loadAllContenders } from "../contenders/index.ts";
import { failing, verify, work } from "../contenders/work.ts";
import { versionOf } from "../machine.ts";
import type { SuiteReport } from "../report.ts";
import { type Entry, interleave, type Timing } from "../rounds.ts";

/** Amount to measure. */
export interface EngineOptions {
  readonly items: number;
  readonly rounds: number;
}

const CONCURRENCY = 64;
const WARM_UP_ITEMS = 20_000;
const BUDGET_MS = 5000;

/** Runs no-op items through every contender, side by side in this process. */
export async function measureEngine({ items, rounds }: EngineOptions): Promise<SuiteReport> {
  const contenders = await loadAllContenders();
  await interleave(entriesOf(contenders, WARM_UP_ITEMS), {
    rounds: 2,
    budgetMs: 0,
    leastRounds: 2,
  });
  const timings = await interleave(entriesOf(contenders, items), { rounds, budgetMs: BUDGET_MS });
  const of = (name: string): Timing => timings.get(name) as Timing;
  const floorOf = (contender: Contender): Timing =>
    of(contender.failing ? "hand-written loop, 1 % fail" : "hand-written loop");
  const perItem = (milliseconds: number): number => (milliseconds * 1000) / items;
  const rows = contenders
    .map((contender) => {
      const { median, least, most, rounds: measured } = of(contender.name);
      return {
        name: contender.name,
        version: versionOf(contender.package),
        outcomes: contender.guarantees.outcomes,
        order: contender.guarantees.order,
        survives: contender.guarantees.survives,
        microseconds: perItem(median),
        least: perItem(least),
        most: perItem(most),
        ratio: median / floorOf(contender).median,
        rounds: measured,
      };
    })
    .toSorted((left, right) => left.microseconds - right.microseconds);
  return {
    suite: "engine",
    title: `${items.toLocaleString("en")} no-op items at concurrency ${CONCURRENCY}`,
    columns: [
      { key: "name", title: "contender" },
      { key: "version", title: "version" },
      { key: "outcomes", title: "outcome for each" },
      { key: "order", title: "in order" },
      { key: "survives", title: "survives a failure" },
      { key: "microseconds", title: "µs an item", digits: 2 },
      { key: "least", title: "least", digits: 2 },
      { key: "most", title: "most", digits: 2 },
      { key: "ratio", title: "times the loop", digits: 2 },
      { key: "rounds", title: "rounds" },
    ],
    rows,
    targets: [
      {
        name: "Batchwise batch against a hand-written loop",
        bound: "at most",
        limit: 2.1,
        measured: of("Batchwise batch").median / of("hand-written loop").median,
        unit: "times its time",
      },
    ],
  };
}

function entriesOf(contenders: readonly Contender[], items: number): readonly Entry[] {
  const inputs = Array.from({ length: items }, (_, index) => index);
  return contenders.map(({ name, failing: someFail = false, run }) => ({
    name,
    run: async () => {
      const read = await run(inputs, someFail ? failing : work, CONCURRENCY);
      return () => verify(name, read(), items, someFail);
    },
  }));
}
