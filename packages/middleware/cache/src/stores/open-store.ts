import { ArgumentError } from "@batchwise/core";
import { detectKeyv, detectKeyvStorage, Keyv, type KeyvStorageAdapter } from "keyv";
import { kindOf } from "../refused-option.ts";
import { FileStore } from "./file-store.ts";
import { KeyvStore } from "./keyv-store.ts";
import type { Store } from "./store.ts";

/** Store of results: a Keyv, one of its storage adapters, or a Map. */
export type CacheStore = Keyv | KeyvStorageAdapter | Map<string, unknown>;

/** Opens what was given as `store`. @throws ArgumentError where it is none of these */
export function openStore(store: CacheStore): Store {
  // Straight to the file: bytes need no text around them there.
  if (store instanceof FileStore) return store;
  if (store instanceof Keyv || detectKeyv(store).compatible) return new KeyvStore(store as Keyv);
  if (!detectKeyvStorage(store).compatible) {
    throw new ArgumentError(
      `Expected \`store\` of withCache to be a Keyv, a storage adapter of Keyv or a Map, got ${kindOf(store)}. ` +
        "fileStore() makes one of a file.",
    );
  }
  const keyv = new Keyv({ store });
  // Without a listener it would throw in the middle of nowhere. What fails for us is told by the read or write that does.
  keyv.on("error", () => undefined);
  return new KeyvStore(keyv);
}
