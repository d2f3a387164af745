import wrapAnsi from "wrap-ansi";
import { estimateSteps, type RunEstimate, type SampleTotals } from "../estimate.ts";
import type { Item } from "../inputs/items.ts";
import type { Outcome } from "../outputs/row.ts";
import type { Recorder } from "../recorder.ts";
import type { RunResult } from "../run-result.ts";
import { propertyNames } from "../schema/property-types.ts";
import type { Step } from "../step.ts";
import { dedupeOf, type Task } from "../task.ts";
import { Draw } from "./draw.ts";
import { tableOf } from "./table.ts";
import { totalsOf, totalsText } from "./totals.ts";

/** Inputs that are drawn from all, their outcomes, and the estimate of all. */
export class Sample {
  readonly #task: Task;
  readonly #drawn: readonly Item[];
  readonly #outcomes = new Map<number, Outcome>();
  readonly #all: RunEstimate;

  private constructor(task: Task, drawn: readonly Item[], all: RunEstimate) {
    this.#task = task;
    this.#drawn = drawn;
    this.#all = all;
  }

  /** Draws from all inputs, which are read once. Nothing is sent. */
  static async draw(task: Task, items: AsyncIterable<Item>): Promise<Sample> {
    const { sample = 0, seed = 0 } = task.options;
    const draw = new Draw<Item>(sample, seed);
    const all = await estimateSteps(task.adapter.runnable, drawing(items, draw), dedupeOf(task.options));
    return new Sample(task, draw.values, all);
  }

  /** Drawn inputs, counted from 0. */
  get items(): readonly Item[] {
    return this.#drawn.map(({ kept, content }, index) => ({ index, kept, content, end: index + 1 }));
  }

  /** Recorder that the sample sees the outcomes of. */
  watching(recorder: Recorder): Pick<Recorder, "record" | "sink"> {
    return {
      sink: recorder.sink,
      record: (step: Step, outcome: Outcome) => {
        this.#outcomes.set(step.item.index, outcome);
        return recorder.record(step, outcome);
      },
    };
  }

  /** Tokens, cost and time of all inputs, by the result of the sample. */
  totalsOf(result: RunResult): SampleTotals {
    const { concurrency } = this.#task.options;
    const { maxConcurrency = 1 } = this.#task.adapter.runnable.settings ?? {};
    const sent = this.#drawn.filter(({ content }, index) => "input" in content && this.#outcomes.has(index)).length;
    return totalsOf(this.#all, result, sent, concurrency ?? maxConcurrency);
  }

  /** Outcomes as a table as wide as the terminal, and what all inputs would take. */
  textOf(totals: SampleTotals, width: number): string {
    const rows = this.#drawn.flatMap(({ index, content }, at) => {
      const outcome = this.#outcomes.get(at);
      return outcome === undefined ? [] : [{ index, input: "input" in content ? content.input : undefined, outcome }];
    });
    const { options } = this.#task;
    const properties = options.schema === undefined ? [] : propertyNames(options.schema);
    const drawn = `${rows.length} drawn by --seed ${options.seed ?? 0}`;
    const text = wrapAnsi(totalsText(totals, drawn), width, { trim: false });
    return `${tableOf(rows, properties, width)}\n${text}\n`;
  }
}

async function* drawing(items: AsyncIterable<Item>, draw: Draw<Item>): AsyncGenerator<Step, void> {
  for await (const item of items) {
    draw.add(item);
    yield { item, isDone: false, isAgain: false };
  }
}
