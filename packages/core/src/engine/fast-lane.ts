import { toError } from "../errors.ts";
import type { CallOptions } from "../options.ts";
import type { Meter } from "./meter.ts";
import type { Plan } from "./plan.ts";
import type { SyncSource } from "./window.ts";

/** What the fast lane needs of its run. */
export interface FastHost<Input, Output> {
  readonly meter: Meter;
  /** The input has its outcome. */
  fulfilled(index: number, input: Input, value: Output): void;
  failed(index: number, input: Input, error: Error): void;
  /** A call begins (1) or has ended (-1). */
  busy(change: 1 | -1): void;
  /** Moves the source on where the lane may go on; false where it ends. */
  advance(): boolean;
}

/** Whether an item needs nothing but one await and one slot, so that the fast lane will do. */
export function isPlain(plan: Plan<never, unknown>, hooks: { readonly onRequest?: unknown }): boolean {
  return (
    plan.strategy.kind === "one" &&
    plan.limiter === undefined &&
    plan.timeoutMs === undefined &&
    plan.schema === undefined &&
    plan.keyOf === undefined &&
    plan.weigh === undefined &&
    plan.maxTokens === Infinity &&
    plan.maxCost === Infinity &&
    hooks.onRequest === undefined
  );
}

/**
 * The lane for the plain case: no request object, no reservation, no hook. What is not asked for costs nothing: an item
 * is one await and one slot.
 */
export async function fastLane<Input, Output>(
  call: (input: Input, options: CallOptions) => Promise<Output>,
  options: CallOptions,
  source: SyncSource<Input>,
  host: FastHost<Input, Output>,
): Promise<void> {
  const { meter } = host;
  do {
    const index = source.pulled - 1;
    const { input } = source;
    let value: Output | undefined;
    let error: Error | undefined;
    host.busy(1);
    meter.inFlight++;
    try {
      value = await call(input, options);
    } catch (thrown) {
      error = toError(thrown);
    }
    host.busy(-1);
    meter.inFlight--;
    meter.requests++;
    if (error === undefined) host.fulfilled(index, input, value as Output);
    else host.failed(index, input, error);
  } while (host.advance());
}
