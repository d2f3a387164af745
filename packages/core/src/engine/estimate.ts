import { ArgumentError } from "../errors.ts";
import type { BatchOptions } from "../options.ts";
import type { Estimate } from "../report.ts";
import type { Runnable } from "../runnable.ts";
import { kindOf } from "../show.ts";
import { costOf } from "./meter.ts";
import { Pack } from "./pack.ts";
import { makePlan } from "./plan.ts";

/** Packs every input as a batch would, and sends nothing. */
export function estimate<Input, Output>(
  runnable: Runnable<Input, Output>,
  inputs: Iterable<Input>,
  options: BatchOptions<Input, Output>,
): Estimate {
  if (typeof inputs !== "object" || inputs === null || typeof inputs[Symbol.iterator] !== "function") {
    throw new ArgumentError(
      `estimate expects an array or an iterable of inputs, but got ${kindOf(inputs)}. ` +
        `It can't look into an async source without using it up.`,
    );
  }
  const plan = makePlan(runnable, options, true, Array.isArray(inputs));
  const pack = new Pack<Input>(plan);
  const seen = new Set<unknown>();
  let count = 0;
  let sent = 0;
  let requests = 0;
  let tokens = 0;
  const send = (partial: boolean): void => {
    const request = pack.take(partial);
    if (request === undefined) return;
    requests++;
    tokens += request.tokens * (plan.calibration?.factor ?? 1);
  };
  for (const input of inputs) {
    const index = count++;
    if (plan.keyOf !== undefined) {
      const key = plan.keyOf(input);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    try {
      pack.add(index, input);
    } catch {
      // `weigh` refuses it: a batch sends nothing for it either.
      continue;
    }
    sent++;
    send(false);
  }
  while (pack.held > 0) send(true);
  const weighed = plan.weigh !== undefined;
  return {
    inputs: count,
    requests,
    tokens: weighed ? Math.ceil(tokens) : undefined,
    cost: weighed && plan.price !== undefined ? costOf(tokens, 0, plan.price) : undefined,
    shortestMs: plan.limiter?.shortestMs?.({ requests, inputs: sent, tokens }),
  };
}
