import { type CallPermit, permitOf } from "@batchwise/core/wrappers";
import { type Context, createContextKey } from "@opentelemetry/api";

/** Something recorded that goes on, as what happens inside of it sees it. */
export interface Outer {
  readonly ended: boolean;
  /** A request is made inside, and is the one to count. */
  contains(): void;
}

const KEY = createContextKey("batchwise.outer");
const byPermit = new WeakMap<CallPermit, Outer>();

/**
 * That inside of which something happens. Permits tell it where the call's options were passed on, as nested batches
 * do; the active context tells it elsewhere, where a context manager is registered. Both may, and differ.
 */
export function enclosing(options: object, active: Context): readonly Outer[] {
  const found: Outer[] = [];
  for (let permit = permitOf(options); permit !== undefined && found.length === 0; permit = permit.outer) {
    const outer = byPermit.get(permit);
    if (outer !== undefined) found.push(outer);
  }
  const outer = active.getValue(KEY) as Outer | undefined;
  if (outer !== undefined && !outer.ended && !found.includes(outer)) found.push(outer);
  return found;
}

/** A context in which `outer` encloses. */
export function enclosedBy(outer: Outer, active: Context): Context {
  return active.setValue(KEY, outer);
}

/** Makes `outer` the one that encloses whatever runs on the permit of a call. The returned function ends that. */
export function hold(options: object, outer: Outer): () => void {
  const permit = permitOf(options);
  if (permit === undefined) return () => {};
  const before = byPermit.get(permit);
  byPermit.set(permit, outer);
  return () => {
    // A later call may run on it by now.
    if (byPermit.get(permit) !== outer) return;
    if (before === undefined || before.ended) byPermit.delete(permit);
    else byPermit.set(permit, before);
  };
}
