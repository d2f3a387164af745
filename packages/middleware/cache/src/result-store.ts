import { ArgumentError, BatchwiseError, type StandardSchema, toError } from "@batchwise/core";
import type { Outcome } from "./single-flight.ts";
import type { CacheMonitor } from "./cache-monitor.ts";
import { DAMAGED, type Entry, type Store } from "./stores/store.ts";
import { type Decoded, decodeEntry, encodeEntry, type ValueCodec } from "./value-codec.ts";

/** Parts of a result store. */
export interface ResultStoreParts<Output> {
  readonly store: Store;
  readonly monitor: CacheMonitor;
  readonly codec: ValueCodec<Output> | undefined;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  /** True where a store that cannot be read counts as an empty one. */
  readonly forgives: boolean;
  readonly now: () => number;
}

/** Schema of results: one that it refuses is neither saved nor used. */
export type Schema<Output> = StandardSchema<unknown, Output> | undefined;

/** Outputs in a store: reads those that are whole and young enough, saves those that would come back as they are. */
export class ResultStore<Output> {
  readonly #parts: ResultStoreParts<Output>;
  #failing = new AbortController();
  /** Bytes and entries that were saved since the store was pruned. The first ones count: it may be too full already. */
  #unpruned = { bytes: Infinity, entries: Infinity };
  #isPruning = false;

  constructor(parts: ResultStoreParts<Output>) {
    this.#parts = parts;
  }

  /** Signal for a batch that begins: aborted, with the error, where the store cannot be read and nothing may be sent then. */
  failing(): AbortSignal {
    if (this.#failing.signal.aborted) this.#failing = new AbortController();
    return this.#failing.signal;
  }

  /** Opens the store. @throws ArgumentError where it cannot be used, and nothing may be sent then */
  async open(): Promise<void> {
    const { store, monitor, forgives } = this.#parts;
    try {
      await store.open();
    } catch (cause) {
      if (!forgives) throw unusable(cause, "Nothing was sent.");
      monitor.unreadable(0, cause);
    }
  }

  /** Reads the entry of each key. An error where the store cannot be read and nothing may be sent then. */
  async read(
    keys: readonly string[],
    schema: Schema<Output>,
  ): Promise<readonly (Outcome<Output> | undefined)[] | ArgumentError> {
    const { store, monitor, codec, maxAgeMs, now, forgives } = this.#parts;
    let rows: Awaited<ReturnType<Store["read"]>>;
    try {
      rows = await store.read(keys);
    } catch (cause) {
      if (!forgives) return this.#fail(cause);
      monitor.unreadable(keys.length, cause);
      return keys.map(() => undefined);
    }
    const oldest = now() - maxAgeMs;
    const outcomes: (Outcome<Output> | undefined)[] = [];
    let damaged = 0;
    for (const [index, key] of keys.entries()) {
      const row = rows[index];
      const decoded: Decoded<Output> | undefined =
        row === undefined || row === DAMAGED ? undefined : decodeEntry(key, row, codec);
      if (row !== undefined && decoded === undefined) damaged++;
      const isFit = decoded !== undefined && decoded.savedAt >= oldest && (await accepts(schema, decoded.value));
      outcomes.push(isFit ? { value: decoded.value } : undefined);
    }
    if (damaged > 0) monitor.damaged(damaged);
    return outcomes;
  }

  /** Prunes in the background, so often that the limits are kept. */
  #saved(entries: readonly Entry[]): void {
    const { store, maxAgeMs, maxBytes, monitor } = this.#parts;
    if (maxAgeMs === Infinity && maxBytes === Infinity) return;
    this.#unpruned.bytes += entries.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    this.#unpruned.entries += entries.length;
    const isDue = this.#unpruned.bytes >= maxBytes * PRUNED_SHARE || this.#unpruned.entries >= PRUNED_ENTRIES;
    if (!isDue || this.#isPruning) return;
    this.#isPruning = true;
    this.#unpruned = { bytes: 0, entries: 0 };
    const limits = {
      maxAgeMs: maxAgeMs === Infinity ? undefined : maxAgeMs,
      // With room for what is saved until the next time, twice: for the file is larger than its results.
      maxBytes: maxBytes === Infinity ? undefined : maxBytes * (1 - 2 * PRUNED_SHARE),
    };
    void (store.prune?.(limits) ?? Promise.resolve())
      .catch((error: unknown) => monitor.unpruned(error))
      .finally(() => {
        this.#isPruning = false;
        // More may have been saved meanwhile.
        this.#saved([]);
      });
  }

  /** The error of every batch that runs now. */
  #fail(cause: unknown): ArgumentError {
    const { signal } = this.#failing;
    if (!signal.aborted) this.#failing.abort(unusable(cause, "Nothing more was sent."));
    return signal.reason as ArgumentError;
  }

  /** Saves outputs. One that cannot be saved makes a warning and no failure: it has been paid for, and is handed out. */
  async save(
    answers: readonly (readonly [key: string, outcome: Outcome<Output> | undefined])[],
    schema: Schema<Output>,
  ): Promise<void> {
    const { store, monitor, codec, maxAgeMs, now } = this.#parts;
    const savedAt = now();
    const expires = maxAgeMs === Infinity ? undefined : savedAt + maxAgeMs;
    const entries: Entry[] = [];
    let unsuitable = 0;
    let cause: unknown;
    for (const [key, outcome] of answers) {
      if (outcome === undefined || outcome.error !== undefined || !(await accepts(schema, outcome.value))) continue;
      let bytes: Uint8Array | undefined;
      try {
        bytes = encodeEntry(key, outcome.value, savedAt, codec);
      } catch (error) {
        cause = error;
      }
      if (bytes === undefined) unsuitable++;
      else entries.push({ key, bytes, expires });
    }
    if (unsuitable > 0) monitor.unsuitable(unsuitable, cause);
    if (entries.length === 0) return;
    try {
      await store.write(entries);
      monitor.saved(entries);
      this.#saved(entries);
    } catch (error) {
      monitor.unwritable(entries.length, error);
    }
  }
}

/** Share of `maxBytes` that is saved between two prunings. */
const PRUNED_SHARE = 0.05;
/** Entries that are saved between two looks for old ones. */
const PRUNED_ENTRIES = 10_000;

/** Tells whether a schema takes a value. One that throws does not. */
async function accepts<Output>(schema: Schema<Output>, value: unknown): Promise<boolean> {
  if (schema === undefined) return true;
  try {
    return (await schema["~standard"].validate(value)).issues === undefined;
  } catch {
    return false;
  }
}

function unusable(cause: unknown, end: string): ArgumentError {
  const problem = BatchwiseError.isInstance(cause)
    ? cause.message
    : "Expected the store to be readable, got an error, in `cause`.";
  const message = `${problem} ${end} With onStoreError: "continue" the store would be done without.`;
  return new ArgumentError(message, { cause: toError(cause) });
}
