import type { Call } from "@batchwise/core";
import { permitOf } from "@batchwise/core/wrappers";
import { type Context, createContextKey } from "@opentelemetry/api";

/** Request that is under way, as what happens inside of it sees it. */
export interface Outer {
  readonly ended: boolean;
  /** Tells it of a request inside, which is the one to count. */
  contains(): void;
}

const KEY = createContextKey("batchwise.outer");
const byPermit = new WeakMap<object, Outer>();

/**
 * The requests inside of which something happens. The call around a batch tells them where its options were passed on,
 * and the active context elsewhere, where a context manager is registered. Both may, and differ.
 */
export function enclosing(parent: Call | undefined, active: Context): readonly Outer[] {
  const found: Outer[] = [];
  for (let call = parent; call !== undefined && found.length === 0; call = call.batch.parent) {
    const permit = permitOf(call.options);
    const outer = permit && byPermit.get(permit);
    if (outer !== undefined) found.push(outer);
  }
  const outer = active.getValue(KEY) as Outer | undefined;
  if (outer !== undefined && !outer.ended && !found.includes(outer)) found.push(outer);
  return found;
}

/** Context inside of `outer`. */
export function insideOf(outer: Outer, active: Context): Context {
  return active.setValue(KEY, outer);
}

/** Makes `outer` the request of a call, until the returned function is called. */
export function hold({ options }: Call, outer: Outer): () => void {
  const permit = permitOf(options);
  if (permit === undefined) return () => {};
  byPermit.set(permit, outer);
  return () => {
    // A later call may run on it by now.
    if (byPermit.get(permit) === outer) byPermit.delete(permit);
  };
}
