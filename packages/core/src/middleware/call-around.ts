import type { Call } from "../contract/middleware.ts";

/** Permit of a call, with the call while it goes through middleware. */
interface CallPermit {
  readonly call?: Call | undefined;
  /** Permit of the call inside of which this call's batch runs. */
  readonly outer: CallPermit | undefined;
}

/** The nearest call around a batch that middleware has seen. */
export function callAround({ call, outer }: CallPermit): Call | undefined {
  return call ?? (outer && callAround(outer));
}
