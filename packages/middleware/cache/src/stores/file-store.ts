import { EventEmitter } from "node:events";
import { resolve } from "node:path";
import { ArgumentError } from "@batchwise/core";
import {
  type KeyvStorageAdapter,
  type KeyvStorageCapability,
  keyvStorageCapability,
  type KeyvStorageEntry,
} from "keyv";
import { refusedOption } from "../refused-option.ts";
import { requireNode } from "../require-node.ts";
import { CacheFile } from "./cache-file.ts";
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
export function fileStore(options: FileStoreOptions = {}): KeyvStorageAdapter {
  requireNode();
  const { path = ".batchwise/cache.sqlite", busyTimeoutMs = 10_000, maxBytes = Infinity } = options;
  const known = ["path", "busyTimeoutMs", "maxBytes"];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ArgumentError(`Expected only options of fileStore, got \`${unknown}\`. Known: ${known.join(", ")}.`);
  }
  if (typeof path !== "string" || path === "") throw refusedOption(OWNER, "path", "the path of a file", path);
  if (!(busyTimeoutMs >= 0 && busyTimeoutMs <= 2 ** 31 - 1))
    throw refusedOption(OWNER, "busyTimeoutMs", "a number from 0", busyTimeoutMs);
  if (!(maxBytes > 0)) throw refusedOption(OWNER, "maxBytes", "a number above 0", maxBytes);
  return new FileStore(new CacheFile(resolve(path), busyTimeoutMs, maxBytes));
}

const OWNER = "fileStore";

type Value = string | Uint8Array;

export class FileStore extends EventEmitter implements Store, KeyvStorageAdapter {
  /** Set by a Keyv that has one: each sees its own entries only. */
  namespace: string | undefined;
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
    return this.#file.read(({ has }) => keys.map((key) => has.get(this.#own, key, now) !== undefined));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.deleteMany([key]))[0] === true;
  }

  async deleteMany(keys: string[]): Promise<boolean[]> {
    return this.#file.write((statements) =>
      keys.map((key) => Number(statements.delete.run(this.#own, key).changes) > 0),
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
    for (const { key, value } of rows) yield [key, value];
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
    return this.#file.read(({ get }) =>
      keys.map((key) => (get.get(this.#own, key, now) as { readonly value: Value } | undefined)?.value),
    );
  }

  #put(
    entries: readonly { readonly key: string; readonly value: unknown; readonly expires?: number | undefined }[],
  ): void {
    const odd = entries.some(({ value }) => typeof value !== "string" && !(value instanceof Uint8Array));
    if (odd)
      throw new ArgumentError("Expected strings or bytes for fileStore, got another value. Let Keyv serialize it.");
    this.#file.write(({ set }) => {
      for (const { key, value, expires } of entries) {
        set.run(this.#own, key, expires === undefined ? null : Math.ceil(expires), value as Value);
      }
    });
  }
}
