import { ArgumentError } from "@batchwise/core";
import { detectKeyv, detectKeyvStorage, Keyv, type KeyvStorageAdapter } from "keyv";
import { FileStore } from "./file-store.ts";
import { KeyvStore } from "./keyv-store.ts";
import type { Store } from "./store.ts";

/** Where results are kept: a Keyv, one of its storage adapters, or a Map. */
export type CacheStore = Keyv | KeyvStorageAdapter | Map<string, unknown>;

/** @throws ArgumentError where it is nothing of the kind */
export function openStore(store: CacheStore): Store {
  // Straight to the file: bytes need no text around them there.
  if (store instanceof FileStore) return store;
  if (store instanceof Keyv || detectKeyv(store).compatible) return new KeyvStore(store as Keyv);
  if (!detectKeyvStorage(store).compatible) {
    throw new ArgumentError(
      "store: expected a Keyv, a storage adapter of Keyv or a Map, got something else. fileStore() makes one of a file.",
    );
  }
  const keyv = new Keyv({ store });
  // Without a listener it would throw in the middle of nowhere. What fails for us is told by the read or write that does.
  keyv.on("error", () => undefined);
  return new KeyvStore(keyv);
}
