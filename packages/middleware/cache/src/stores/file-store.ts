import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers/promises";
import { resolve } from "node:path";
import type { StatementSync } from "node:sqlite";
import { ArgumentError } from "@batchwise/core";
import { requireKnown } from "@batchwise/core/wrappers";
import {
  type KeyvStorageAdapter,
  type KeyvStorageCapability,
  keyvStorageCapability,
  type KeyvStorageEntry,
} from "keyv";
import { refusedOption } from "../refused-option.ts";
import { requireNode } from "../require-node.ts";
import { CacheFile, type FileUsage } from "./cache-file.ts";
import { DAMAGED, type Entry, type Store } from "./store.ts";

/** Options of `fileStore`. */
export interface FileStoreOptions {
  /**
   * The file; its folder is made where it is missing.
   * @default ".batchwise/cache.sqlite" in the folder in which the process was started
   */
  readonly path?: string;
  /** Milliseconds to wait for another process that writes. @default 10_000. Minimum 0 */
  readonly busyTimeoutMs?: number;
  /** Bytes that the file may have; a write that would need more fails. @default no limit of its own */
  readonly maxBytes?: number;
}

/**
 * A store in one SQLite file, for any number of processes at once: the `store` of `withCache`, and a storage adapter
 * for Keyv. The file is opened when it is first needed; what keeps it from being opened is thrown then.
 *
 * @throws ArgumentError for an option that can't be worked with
 *
 * @example
 * const cached = withCache(embeddings, { namespace: "text-embedding-3-small", store: fileStore({ path: "vectors.sqlite" }) });
 */
export function fileStore(options: FileStoreOptions = {}): CacheFileStore {
  requireNode();
  const { path = ".batchwise/cache.sqlite", busyTimeoutMs = 10_000, maxBytes = Infinity } = options;
  requireKnown(OWNER, options, ["path", "busyTimeoutMs", "maxBytes"]);
  if (typeof path !== "string" || path === "") throw refusedOption(OWNER, "path", "the path of a file", path);
  if (!(busyTimeoutMs >= 0 && busyTimeoutMs <= 2 ** 31 - 1))
    throw refusedOption(OWNER, "busyTimeoutMs", "a number from 0", busyTimeoutMs);
  if (!(maxBytes > 0)) throw refusedOption(OWNER, "maxBytes", "a number above 0", maxBytes);
  return new FileStore(new CacheFile(resolve(path), busyTimeoutMs, maxBytes));
}

const OWNER = "fileStore";
/** Rows that are deleted at once. */
const STEP = 1000;

/** Limits of `prune`. */
export interface PruneOptions {
  /** Milliseconds since which results may have been saved. @default any */
  readonly maxAgeMs?: number | undefined;
  /** Bytes that the file may hold. @default any number */
  readonly maxBytes?: number | undefined;
  /** Deletes nothing, and says how many it would. @default false */
  readonly isTrial?: boolean | undefined;
}

/** Store in a file, with what there is to steer it. */
export interface CacheFileStore extends KeyvStorageAdapter {
  /** Entries, bytes, and the times of the oldest and the newest result. @throws ArgumentError that says what to do */
  usage(): Promise<FileUsage>;
  /**
   * Deletes results, those saved first first, until the limits are kept, and what has expired. Returns how many.
   *
   * @throws ArgumentError that says what to do
   */
  prune(options: PruneOptions): Promise<number>;
  /** Gives what is free back to the disk: the file is written anew, which takes its size again meanwhile. */
  shrink(): Promise<void>;
}

type Value = string | Uint8Array;

export class FileStore extends EventEmitter implements Store, CacheFileStore {
  /** Set by a Keyv that has one: each sees its own entries only. */
  namespace: string | undefined;
  readonly isImmediate = true;
  readonly #file: CacheFile;

  constructor(file: CacheFile) {
    super();
    this.#file = file;
  }

  get capabilities(): KeyvStorageCapability {
    return keyvStorageCapability(this);
  }

  // ---- for withCache ----

  async open(): Promise<void> {
    this.#file.check();
  }

  async read(keys: readonly string[]): Promise<(Uint8Array | typeof DAMAGED | undefined)[]> {
    return this.#values(keys).map((value) => (value === undefined || value instanceof Uint8Array ? value : DAMAGED));
  }

  async write(entries: readonly Entry[]): Promise<void> {
    this.#put(entries.map(({ key, bytes, expires }) => ({ key, value: bytes, expires })));
  }

  async usage(): Promise<FileUsage> {
    return this.#file.usage();
  }

  async prune(options: PruneOptions): Promise<number> {
    requireKnown("prune", options, ["maxAgeMs", "maxBytes", "isTrial"]);
    const { maxAgeMs, maxBytes, isTrial = false } = options;
    const now = Date.now();
    const { rowid, entries } = this.#file.cutOf({
      maxBytes,
      savedBefore: maxAgeMs === undefined ? undefined : now - maxAgeMs,
    });
    if (isTrial) return entries;
    let deleted = 0;
    for (const step of [() => this.#file.deleteBefore(rowid, STEP), () => this.#file.deleteExpired(now, STEP)]) {
      for (let last = STEP; last === STEP; deleted += last) {
        last = step();
        // Others may read and write in between.
        await setImmediate();
      }
    }
    if (deleted > 0) this.#file.shrink(false);
    return deleted;
  }

  async shrink(): Promise<void> {
    this.#file.shrink(true);
  }

  /** Closes the file. It is opened again when it is needed. */
  async disconnect(): Promise<void> {
    this.#file.close();
  }

  // ---- for Keyv ----

  async get(key: string): Promise<any> {
    return this.#values([key])[0];
  }

  async getMany(keys: string[]): Promise<any[]> {
    return this.#values(keys);
  }

  async set(key: string, value: unknown, expires?: number): Promise<boolean> {
    this.#put([{ key, value, expires }]);
    return true;
  }

  async setMany(entries: KeyvStorageEntry[]): Promise<boolean[]> {
    this.#put(entries);
    return entries.map(() => true);
  }

  async has(key: string): Promise<boolean> {
    return (await this.hasMany([key]))[0] === true;
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const now = Date.now();
    return this.#file.read(({ has }) =>
      keys.map((key) => has.get(this.#own, this.#file.keyOf(key), now) !== undefined),
    );
  }

  async delete(key: string): Promise<boolean> {
    return (await this.deleteMany([key]))[0] === true;
  }

  async deleteMany(keys: string[]): Promise<boolean[]> {
    return this.#file.write((statements) =>
      keys.map((key) => Number(statements.delete.run(this.#own, this.#file.keyOf(key)).changes) > 0),
    );
  }

  async clear(): Promise<void> {
    this.#file.write(({ clear, clearAll }) =>
      this.namespace === undefined ? clearAll.run() : clear.run(this.namespace),
    );
  }

  async *iterator(): AsyncGenerator<any, void> {
    // Read whole: a statement that is kept open would keep the file from being tidied up.
    const rows = this.#file.read(({ list }) => list.all(this.#own, Date.now()));
    for (const { key, value } of rows)
      yield [key instanceof Uint8Array ? Buffer.from(key).toString("hex") : key, value];
  }

  /** Typed as Keyv wants its emitters. */
  override listeners(name: string | symbol): ((...values: any[]) => void)[] {
    return super.listeners(name) as ((...values: any[]) => void)[];
  }

  override rawListeners(name: string | symbol): ((...values: any[]) => void)[] {
    return super.rawListeners(name) as ((...values: any[]) => void)[];
  }

  get #own(): string {
    return this.namespace ?? "";
  }

  #values(keys: readonly string[]): (Value | undefined)[] {
    const now = Date.now();
    const valueOf = ({ get }: { readonly get: StatementSync }, key: string): Value | undefined =>
      get.get(this.#own, this.#file.keyOf(key), now)?.["value"] as Value | undefined;
    const [only] = keys;
    if (keys.length === 1 && only !== undefined)
      return [this.#file.readOnce((statements) => valueOf(statements, only))];
    return this.#file.read((statements) => keys.map((key) => valueOf(statements, key)));
  }

  #put(
    entries: readonly { readonly key: string; readonly value: unknown; readonly expires?: number | undefined }[],
  ): void {
    const odd = entries.some(({ value }) => typeof value !== "string" && !(value instanceof Uint8Array));
    if (odd)
      throw new ArgumentError("Expected strings or bytes for fileStore, got another value. Let Keyv serialize it.");
    this.#file.write(({ set }) => {
      for (const { key, value, expires } of entries) {
        set.run(this.#own, this.#file.keyOf(key), expires === undefined ? null : Math.ceil(expires), value as Value);
      }
    });
  }
}
