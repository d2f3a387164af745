import { BASE_BATCH, CALL_SLOT, STAGES, WRAPPED } from "./contract/marks.ts";
import { show } from "./contract/kind-of.ts";
import { nameHint } from "./contract/name-meant.ts";
import { optionMeant, requireKnown } from "./contract/option-meant.ts";
import { IS_WORKERD } from "./contract/runtime.ts";
import { chainOf } from "./engine/pipeline/chain-stages.ts";
import { isOverridden } from "./engine/resolve/call-strategy.ts";
import { describeIssues } from "./engine/results/check-result.ts";
import { costOf } from "./engine/results/stats.ts";
import { Outage } from "./rate-limit/outage.ts";
import { Pace } from "./rate-limit/pace.ts";
import { Pause } from "./rate-limit/pause.ts";
import type { Runnable } from "./runnable.ts";

export { costOf, describeIssues, IS_WORKERD, isOverridden, nameHint, optionMeant, requireKnown, show };
/** Parts of `rateLimiter()`, for a limiter of your own that pauses, finds a pace and waits for outages as it does. */
export { Outage, Pace, Pause };

/**
 * Makes a wrapper stand for another Runnable, whose calls the engine makes in its place, with the wrapper's settings
 * (L10). The wrapper's `batch`, where it has one of its own, does not count as an author's.
 *
 * @param stages Runnable whose stages a pipe and fallbacks take for the wrapper's own
 */
export function standFor<Input, Output>(
  wrapper: Runnable<Input, Output>,
  inner: Runnable<Input, Output>,
  stages: Runnable<Input, Output>,
): void {
  Object.defineProperty(wrapper, WRAPPED, { value: inner });
  Object.defineProperty(wrapper, STAGES, { value: chainOf(stages) });
  // oxlint-disable-next-line typescript/unbound-method -- it is marked here, not called
  Object.defineProperty(wrapper.batch, BASE_BATCH, { value: true });
}

/** The Runnable whose calls the engine makes when it runs this one, through all wrappers. */
export function calleeOf<Input, Output>(runnable: Runnable<Input, Output>): Runnable<Input, Output> {
  const { [WRAPPED]: inner } = runnable as { readonly [WRAPPED]?: Runnable<Input, Output> };
  return inner === undefined ? runnable : calleeOf(inner);
}

/** The permit on which the engine makes a call: one object, whatever has been added to the call's options. */
export function permitOf(options: object): object | undefined {
  return (options as { readonly [CALL_SLOT]?: object })[CALL_SLOT];
}
