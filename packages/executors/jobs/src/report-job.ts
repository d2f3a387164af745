import type { CallOptions } from "@batchwise/core";
import { costOf, jobPriceOf } from "./prices.ts";
import { isList, type Rows } from "./rows.ts";
import type { JobRows } from "./read-rows.ts";
import type { JobContext } from "./session.ts";
import type { Shard } from "./shard.ts";

/** Reports a job that has ended: usage and cost to the engine, and the whole of it to `onJob`. */
export function reportJob<Input, Output>(
  shard: Shard,
  id: string | undefined,
  { rows, reason }: JobRows<Output>,
  { session, onJob }: JobContext<Input, Output>,
  report: CallOptions["report"],
): void {
  const { backend, price } = session;
  const { inputTokens, outputTokens } = rows;
  const liveCost = costOf(price, inputTokens, outputTokens);
  const cost = costOf(jobPriceOf(price, backend.priceShare), inputTokens, outputTokens);
  report?.({ usage: { inputTokens, outputTokens, ...(cost === undefined ? {} : { cost }) } });
  const inputs = shard.positions.length;
  const counts = { inputs, ...countRows(shard, rows) };
  onJob({ type: "ended", id, ...counts, inputTokens, outputTokens, cost, liveCost, reason });
}

/** Counts inputs with an output, and those with an error; the others were not worked on. */
function countRows<Output>(shard: Shard, rows: Rows<Output>): { answered: number; failed: number } {
  let answered = 0;
  let failed = 0;
  for (let line = 0; line < shard.lines; line++) {
    const outcome = rows.outcomeOf(line);
    if (outcome === undefined) continue;
    const { length } = shard.positionsOf(line);
    const outputs =
      isList(outcome) && outcome.length === length ? outcome.filter((each) => !(each instanceof Error)) : [];
    answered += outputs.length;
    failed += length - outputs.length;
  }
  return { answered, failed };
}
