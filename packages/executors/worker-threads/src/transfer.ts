import { types } from "node:util";
import { isMarkedAsUntransferable, MessagePort, type Transferable } from "node:worker_threads";

/**
 * Buffers and ports in a value, each once, for a transfer list. Looks into arrays, plain objects, Maps and Sets.
 * Buffers that Node has marked as untransferable (the pool behind small Buffers) are left to be copied.
 */
export function transferablesIn(value: unknown): Transferable[] {
  const found = new Set<Transferable>();
  const seen = new Set<object>();
  const visit = (each: unknown): void => {
    if (typeof each !== "object" || each === null || seen.has(each)) return;
    seen.add(each);
    if (ArrayBuffer.isView(each)) visit(each.buffer);
    else if (each instanceof ArrayBuffer || each instanceof MessagePort) {
      if (!isMarkedAsUntransferable(each) && !isDetached(each)) found.add(each);
    } else for (const child of childrenOf(each)) visit(child);
  };
  visit(value);
  return [...found];
}

/**
 * Tells whether a message can hold the value. Plain data is searched; any other value is tried.
 *
 * @param moved values that the message transfers, which need not be cloneable
 */
export function isCloneable(value: unknown, moved: readonly Transferable[] = []): boolean {
  const seen = new Set<unknown>(moved);
  const visit = (each: unknown): boolean => {
    if (typeof each === "function" || typeof each === "symbol") return false;
    if (typeof each !== "object" || each === null || seen.has(each)) return true;
    seen.add(each);
    if (types.isProxy(each)) return false;
    if (ArrayBuffer.isView(each)) return visit(each.buffer);
    if (each instanceof ArrayBuffer) return !isDetached(each);
    if (Array.isArray(each)) return each.every(visit);
    return isPlain(each) ? Object.values(each).every(visit) : canBeCloned(each);
  };
  try {
    return visit(value);
  } catch {
    // A getter that throws, or nesting deeper than the stack: a message could not be made of it either.
    return false;
  }
}

function childrenOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  return isPlain(value) ? Object.values(value) : [];
}

/** True for a buffer that was moved away. Its length does not tell: an empty buffer is as short. */
function isDetached(value: object): boolean {
  return (value as { readonly detached?: boolean }).detached === true;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function canBeCloned(value: object): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
