/** What is saved under a key. */
export interface Entry {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970 after which nobody wants it any more. */
  readonly expires: number | undefined;
}

/** An entry that is there and is not bytes: somebody else's, or damaged. */
export const DAMAGED: unique symbol = Symbol("damaged");

/** What `withCache` asks of a store. */
export interface Store {
  /** What is saved under each key. @throws whatever keeps the store from being read */
  read(keys: readonly string[]): Promise<readonly (Uint8Array | typeof DAMAGED | undefined)[]>;
  /** Saves all or throws. */
  write(entries: readonly Entry[]): Promise<void>;
}
