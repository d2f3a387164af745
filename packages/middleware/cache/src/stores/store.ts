/** Bytes that are saved under a key. */
export interface Entry {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970 after which it is not used any more. */
  readonly expires: number | undefined;
}

/** An entry that is there and is not bytes: another program's, or damaged. */
export const DAMAGED: unique symbol = Symbol("damaged");

/** Limits of a store. */
export interface StoreLimits {
  readonly maxAgeMs: number | undefined;
  readonly maxBytes: number | undefined;
}

/** Store as `withCache` uses it. */
export interface Store {
  /** True where a call has ended when it returns, so that it needs no deadline. */
  readonly isImmediate?: boolean;
  /** Looks whether the store can be used, before it has to. @throws the error that keeps it from being used */
  open(): Promise<void>;
  /** Reads the entry of each key. @throws the error that keeps the store from being read */
  read(keys: readonly string[]): Promise<readonly (Uint8Array | typeof DAMAGED | undefined)[]>;
  /** Saves all or throws. */
  write(entries: readonly Entry[]): Promise<void>;
  /** Deletes what passes the limits, oldest first. Undefined where the store has limits of its own. */
  prune?(limits: StoreLimits): Promise<unknown>;
}
