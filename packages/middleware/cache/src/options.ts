import { ArgumentError, type Clock } from "@batchwise/core";
import { requireKnown } from "@batchwise/core/wrappers";
import type { CacheWarning } from "./cache-monitor.ts";
import { kindOf, refusedOption } from "./refused-option.ts";
import type { CacheStore } from "./stores/open-store.ts";
import type { ValueCodec } from "./value-codec.ts";

/** Options of `withCache`. */
export interface CacheOptions<Input, Output> {
  /**
   * Everything besides the input that results depend on: provider, model, dimensions, prompt. A string or a JSON value.
   * Two Runnables that share a store must have different ones unless their results are the same:
   * a Runnable cannot tell all this of itself, and a guess could hand out another model's results.
   */
  readonly namespace: unknown;
  /** Store of results: a Keyv, one of its storage adapters, or a Map. @default fileStore() */
  readonly store?: CacheStore;
  /** Returns a string or a JSON value by which inputs are told apart. @default the input itself */
  readonly key?: (input: Input) => unknown;
  /** Form in which outputs are saved that JSON would change. @default Float32Array as its bytes, all else as JSON */
  readonly codec?: ValueCodec<Output>;
  /** Milliseconds after which an entry is not used any more; `fileStore` deletes it. @default Infinity. Minimum 0 */
  readonly maxAgeMs?: number;
  /**
   * Bytes that a `fileStore` may hold: those saved first are deleted in the background, before it is full.
   * @default Infinity. Above 0
   */
  readonly maxBytes?: number;
  /**
   * Treatment of a store that cannot be read. `fail`: the batch ends as by `drain`, with an ArgumentError, and sends
   * no more. `continue`: inputs are sent, as if the store were empty. Results that could not be saved are handed out
   * either way.
   * @default "fail"
   */
  readonly onStoreError?: "fail" | "continue";
  /**
   * Milliseconds of one call of the store, after which it counts as one that cannot be read or written. For half a
   * minute the store is then not asked again. @default 5000. Above 0
   */
  readonly storeTimeoutMs?: number;
  /** Told of what goes wrong without failing an input. @default a process warning for the first of each kind */
  readonly onWarning?: (warning: CacheWarning) => void;
  /** The time, in milliseconds since 1970, for tests. @default Date.now */
  readonly now?: () => number;
  /** Clock of `storeTimeoutMs`, for tests. @default the machine's */
  readonly clock?: Clock;
}

const OWNER = "withCache";
const NAMES: readonly (keyof CacheOptions<unknown, unknown>)[] = [
  "namespace",
  "store",
  "key",
  "codec",
  "maxAgeMs",
  "maxBytes",
  "onStoreError",
  "storeTimeoutMs",
  "onWarning",
  "now",
  "clock",
];

/** @throws ArgumentError that names the option, what it takes and what was given */
export function requireOptions(options: CacheOptions<any, any>): void {
  if (typeof options !== "object" || options === null) {
    const example = 'Give such as { namespace: "my-model" }.';
    throw new ArgumentError(`Expected \`options\` of withCache to be an object, got ${kindOf(options)}. ${example}`);
  }
  requireKnown(OWNER, options, NAMES);
  const { key, codec, maxAgeMs, maxBytes, onStoreError, storeTimeoutMs, onWarning, now, clock } = options;
  for (const [name, value] of Object.entries({ key, onWarning, now })) {
    if (value !== undefined && typeof value !== "function") throw refusedOption(OWNER, name, "a function", value);
  }
  if (codec !== undefined && (typeof codec?.encode !== "function" || typeof codec.decode !== "function")) {
    throw refusedOption(OWNER, "codec", "an object with encode(output) and decode(bytes)", codec);
  }
  if (maxAgeMs !== undefined && !(maxAgeMs >= 0)) throw refusedOption(OWNER, "maxAgeMs", "a number from 0", maxAgeMs);
  if (maxBytes !== undefined && !(maxBytes > 0)) throw refusedOption(OWNER, "maxBytes", "a number above 0", maxBytes);
  if (storeTimeoutMs !== undefined && !(storeTimeoutMs > 0)) {
    throw refusedOption(OWNER, "storeTimeoutMs", "a number above 0", storeTimeoutMs);
  }
  if (clock !== undefined && (typeof clock?.now !== "function" || typeof clock.after !== "function")) {
    throw refusedOption(OWNER, "clock", "a Clock with now() and after()", clock);
  }
  if (onStoreError !== undefined && onStoreError !== "fail" && onStoreError !== "continue") {
    throw refusedOption(OWNER, "onStoreError", '"fail" or "continue"', onStoreError);
  }
}
