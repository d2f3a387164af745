/** Bytes that are saved under a key. */
export interface Entry {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970 after which it is not used any more. */
  readonly expires: number | undefined;
}

/** An entry that is there and is not bytes: another program's, or damaged. */
export const DAMAGED: unique symbol = Symbol("damaged");

/** Store as `withCache` uses it. */
export interface Store {
  /** Looks whether the store can be used, before it has to. @throws the error that keeps it from being used */
  open(): Promise<void>;
  /** Reads the entry of each key. @throws the error that keeps the store from being read */
  read(keys: readonly string[]): Promise<readonly (Uint8Array | typeof DAMAGED | undefined)[]>;
  /** Saves all or throws. */
  write(entries: readonly Entry[]): Promise<void>;
}
