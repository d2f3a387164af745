import { ArgumentError } from "../../contract/errors.ts";
import { kindOf } from "../../contract/kind-of.ts";
import type { Estimate } from "../../contract/report.ts";
import type { BatchOptions, RunnableShape } from "../../contract/runnable.ts";
import { demandOf } from "../../rate-limit/calibration.ts";
import type { Amounts } from "../../rate-limit/reservation-stats.ts";
import { Packer } from "../intake/packer.ts";
import { costOf } from "../results/stats.ts";
import { type ResolvedOptions, resolveOptions } from "./resolve-options.ts";

/** Packs every input as a batch would, and sends nothing. */
export function estimate<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Iterable<Input>,
  options: BatchOptions<Input, Output>,
): Estimate {
  if (typeof inputs !== "object" || inputs === null || typeof inputs[Symbol.iterator] !== "function") {
    throw new ArgumentError(
      `Expected \`inputs\` of estimate to be an array or an iterable, got ${kindOf(inputs)}. ` +
        `An async source can't be looked into without using it up.`,
    );
  }
  const resolved = resolveOptions(runnable, options, true, Array.isArray(inputs) ? inputs.length : undefined);
  const { given, demand, isBounded } = packAll(inputs, resolved);
  const isWeighed = resolved.weigh !== undefined;
  return {
    inputs: given,
    requests: demand.requests,
    tokens: isWeighed ? Math.ceil(demand.tokens) : undefined,
    outputTokens: isWeighed && isBounded ? Math.ceil(demand.outputTokens) : undefined,
    cost: isWeighed && resolved.price !== undefined ? costOf(demand, resolved.price) : undefined,
    shortestMs: resolved.limiter?.shortestMs?.(demand),
  };
}

function packAll<Input>(
  inputs: Iterable<Input>,
  { calibration, keyOf, ...options }: ResolvedOptions<Input, unknown>,
): { readonly given: number; readonly demand: Amounts; readonly isBounded: boolean } {
  const packer = new Packer<Input>({ ...options, calibration });
  const demand = { requests: 0, inputs: 0, tokens: 0, inputTokens: 0, outputTokens: 0 };
  let isBounded = true;
  const seen = new Set<unknown>();
  let given = 0;
  const send = (partial: boolean): void => {
    const chunk = packer.isReady(partial) ? packer.take() : undefined;
    if (chunk === undefined) return;
    demand.requests++;
    const { tokens, inputTokens, outputTokens } = demandOf(chunk, calibration);
    demand.tokens += tokens;
    demand.inputTokens += inputTokens;
    demand.outputTokens += outputTokens;
    isBounded &&= chunk.unbounded === 0;
  };
  for (const input of inputs) {
    given++;
    try {
      if (keyOf !== undefined && seen.size === seen.add(keyOf(input)).size) continue;
      packer.add(given - 1, input);
      demand.inputs++;
      send(false);
    } catch {
      // `weigh` or `dedupe` refuses it: a batch sends nothing for it either.
    }
  }
  while (packer.held > 0) send(true);
  return { given, demand, isBounded };
}
