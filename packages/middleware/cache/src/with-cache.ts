import { ArgumentError, isRunnable, type Runnable, systemClock } from "@batchwise/core";
import { isOverridden } from "@batchwise/core/wrappers";
import { ResultStore } from "./result-store.ts";
import { Cached, type CachedRunnable, type Parts } from "./cached.ts";
import { CachedOverride } from "./cached-override.ts";
import { Keys } from "./keys.ts";
import { CacheMonitor } from "./cache-monitor.ts";
import { Coordinator } from "./coordinator.ts";
import { type CacheOptions, requireOptions } from "./options.ts";
import { kindOf } from "./refused-option.ts";
import { requireNode } from "./require-node.ts";
import { fileStore } from "./stores/file-store.ts";
import { GuardedStore } from "./stores/guarded-store.ts";
import { openStore } from "./stores/open-store.ts";

/**
 * The same Runnable, which answers from a store what it has, sends the rest, and saves each request's results as soon
 * as they are there: a run that was killed goes on where it stopped. Equal inputs that are on their way are sent once.
 * Errors are never saved.
 *
 * @throws ArgumentError for options that can't be worked with
 *
 * @example
 * const cached = withCache(embeddings, { namespace: "openai text-embedding-3-small" });
 * const vectors = await cached.batch(texts);
 */
export function withCache<Input, Output>(
  inner: Runnable<Input, Output>,
  options: CacheOptions<Input, Output>,
): CachedRunnable<Input, Output> {
  requireNode();
  const given: unknown = inner;
  if (!isRunnable(given)) {
    throw new ArgumentError(`Expected a Runnable, got ${kindOf(given)}. runnable(fn) makes one of a function.`);
  }
  requireOptions(options);
  const { namespace, key = (input) => input, store = fileStore(), codec, onStoreError, onWarning } = options;
  const {
    maxAgeMs = Infinity,
    maxBytes = Infinity,
    now = Date.now,
    storeTimeoutMs = 5000,
    clock = systemClock,
  } = options;
  const forgives = onStoreError === "continue";
  const opened = openStore(store);
  if (maxBytes !== Infinity && opened.prune === undefined) {
    throw new ArgumentError(
      "Expected `store` to be a fileStore for `maxBytes` of withCache, got another store. Set the limit where that one has " +
        "its own, such as maxmemory of Redis.",
    );
  }
  const monitor = new CacheMonitor(onWarning);
  const results = new ResultStore<Output>({
    store: new GuardedStore({ store: opened, timeoutMs: storeTimeoutMs, clock, forgives }),
    monitor,
    codec,
    maxAgeMs,
    maxBytes,
    forgives,
    now,
  });
  const coordinator = new Coordinator<Input, Output>({
    keys: new Keys(namespace, inner.settings?.callOptions ?? [], key),
    results,
    schema: inner.settings?.schema,
    stats: monitor.stats,
  });
  const parts: Parts<Input, Output> = { inner, coordinator, results, stats: monitor.stats };
  return isOverridden(inner) ? new CachedOverride(parts) : new Cached(parts);
}
