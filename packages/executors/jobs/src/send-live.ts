import type { CallOptions } from "@batchwise/core";
import { costOf } from "./prices.ts";
import type { JobContext } from "./session.ts";
import { pick } from "./shard.ts";

/** Sends inputs through the wrapped Runnable's own `batch`, and reports their cost in full. */
export function sendLive<Input, Output>(
  { session, inputs, clock, random }: JobContext<Input, Output>,
  positions: readonly number[],
  options: CallOptions,
): Promise<(Output | Error)[]> {
  const { live, price } = session;
  return live.batch(pick(inputs, positions), {
    ...options,
    clock,
    random,
    returnExceptions: true,
    report: (facts) => {
      const { inputTokens = facts.usage?.totalTokens ?? 0, outputTokens = 0, cost } = facts.usage ?? {};
      const full = cost ?? costOf(price, inputTokens, outputTokens);
      options.report?.(full === undefined ? facts : { ...facts, usage: { ...facts.usage, cost: full } });
    },
  });
}
