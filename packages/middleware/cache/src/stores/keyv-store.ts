import type { Keyv } from "keyv";
import { DAMAGED, type Entry, type Store } from "./store.ts";

/** Key that no entry has. */
const PROBE = "probe";

/**
 * A Keyv as a store. It goes to the Keyv's own adapter, by way of its serialization, compression and encryption: Keyv's
 * methods turn a store that is broken into one that is empty.
 */
export class KeyvStore implements Store {
  readonly #keyv: Keyv;

  constructor(keyv: Keyv) {
    this.#keyv = keyv;
  }

  async open(): Promise<void> {
    await this.read([PROBE]);
  }

  async read(keys: readonly string[]): Promise<(Uint8Array | typeof DAMAGED | undefined)[]> {
    const { store } = this.#keyv;
    const rows: readonly unknown[] =
      typeof store.getMany === "function"
        ? await store.getMany([...keys])
        : await Promise.all(keys.map((key) => store.get(key)));
    if (rows.length !== keys.length)
      throw new Error(`Expected ${keys.length} values from the store, got ${rows.length}.`);
    return Promise.all(rows.map((row) => this.#bytesOf(row)));
  }

  async write(entries: readonly Entry[]): Promise<void> {
    const { ttl, store } = this.#keyv;
    const usual = ttl === undefined ? undefined : Date.now() + ttl;
    const rows = await Promise.all(
      entries.map(async ({ key, bytes, expires = usual }) => ({
        key,
        value: await this.#keyv.encode({ value: bytes, ...(expires === undefined ? {} : { expires }) }),
        ...(expires === undefined ? {} : { expires }),
      })),
    );
    const written = await store.setMany(rows);
    const failed = written?.filter((each) => !each).length ?? 0;
    if (failed > 0) throw new Error(`Expected the store to take ${rows.length} entries, got ${failed} refusals.`);
  }

  async #bytesOf(row: unknown): Promise<Uint8Array | typeof DAMAGED | undefined> {
    if (row === undefined || row === null) return undefined;
    try {
      const decoded = await this.#keyv.decode<unknown>(row);
      if (decoded?.expires !== undefined && decoded.expires !== null && decoded.expires <= Date.now()) return undefined;
      return decoded?.value instanceof Uint8Array ? decoded.value : DAMAGED;
    } catch {
      // Its input is sent, and the entry replaced.
      return DAMAGED;
    }
  }
}
