import { ArgumentError } from "@batchwise/core";
import type { CacheWarning } from "./ledger.ts";
import type { CacheStore } from "./stores/open-store.ts";
import type { ValueCodec } from "./value-codec.ts";

/** Options of `withCache`. */
export interface CacheOptions<Input, Output> {
  /**
   * What the results depend on beside the input: provider, model, dimensions, prompt, and whatever else changes them.
   * A text or a JSON value. Two Runnables that share a store must have different ones unless their results are the same:
   * a Runnable cannot tell all this of itself, and a guess could hand out another model's results.
   */
  readonly namespace: unknown;
  /** Where results are kept: a Keyv, one of its storage adapters, or a Map. @default fileStore() */
  readonly store?: CacheStore;
  /** What tells inputs apart: a text or a JSON value. @default the input itself */
  readonly key?: (input: Input) => unknown;
  /** How outputs are written, for those that JSON would change. @default Float32Array as its bytes, all else as JSON */
  readonly codec?: ValueCodec<Output>;
  /** How old an entry may be, in milliseconds; an older one is not used. @default Infinity. Minimum 0 */
  readonly maxAgeMs?: number;
  /**
   * What becomes of inputs while the store cannot be read. `fail`: they are not sent, each fails with an ArgumentError.
   * `continue`: they are sent, as if the store were empty. What could not be saved is handed out either way.
   * @default "fail"
   */
  readonly onStoreError?: "fail" | "continue";
  /** Told of what goes wrong without failing an input. @default a process warning for the first of each kind */
  readonly onWarning?: (warning: CacheWarning) => void;
  /** The time, in milliseconds since 1970, for tests. @default Date.now */
  readonly now?: () => number;
}

const NAMES: readonly (keyof CacheOptions<unknown, unknown>)[] = [
  "namespace",
  "store",
  "key",
  "codec",
  "maxAgeMs",
  "onStoreError",
  "onWarning",
  "now",
];

/** @throws ArgumentError that names the option, what it takes and what came */
export function requireOptions(options: CacheOptions<any, any>): void {
  if (typeof options !== "object" || options === null) {
    throw new ArgumentError(`withCache expects options with a namespace, such as { namespace: "my-model" }.`);
  }
  const unknown = Object.keys(options).find((name) => !(NAMES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new ArgumentError(`withCache: ${unknown}: no such option. Known options: ${NAMES.join(", ")}.`);
  }
  const { key, codec, maxAgeMs, onStoreError, onWarning, now } = options;
  for (const [name, value] of Object.entries({ key, onWarning, now })) {
    if (value !== undefined && typeof value !== "function") throw refused(name, "a function", value);
  }
  if (codec !== undefined && (typeof codec?.encode !== "function" || typeof codec.decode !== "function")) {
    throw refused("codec", "an object with encode(output) and decode(bytes)", codec);
  }
  if (maxAgeMs !== undefined && !(maxAgeMs >= 0)) throw refused("maxAgeMs", "a number from 0", maxAgeMs);
  if (onStoreError !== undefined && onStoreError !== "fail" && onStoreError !== "continue") {
    throw refused("onStoreError", '"fail" or "continue"', onStoreError);
  }
}

function refused(name: string, expected: string, value: unknown): ArgumentError {
  const came = typeof value === "number" ? String(value) : `a ${typeof value}`;
  return new ArgumentError(`withCache: ${name}: expected ${expected}, got ${came}.`);
}
