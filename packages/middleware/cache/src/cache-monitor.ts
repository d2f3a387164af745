/** Counts of a cached Runnable so far, in inputs unless it says otherwise. */
export interface CacheStats {
  /** Answered from the store. */
  readonly hits: number;
  /** Sent. */
  readonly misses: number;
  /** Answered with what an equal input brought that was being sent already. */
  readonly joined: number;
  /** Saved. */
  readonly saved: number;
  /** Bytes of what was saved. */
  readonly savedBytes: number;
  /** Results that were handed out and not saved: the store could not be written, or they would not come back as they are. */
  readonly unsaved: number;
  /** Entries that were found damaged and are not used. */
  readonly damaged: number;
}

/** Failure of the store, or of a value, that fails no input. The message names no input, output or key. */
export interface CacheWarning {
  /**
   * `unreadable`, `unwritable`: the store failed, see `cause`. `unsuitable`: results that would not come back as they
   * are, so that they are not saved. `damaged`: entries that are not what was saved, so that their inputs are sent.
   */
  readonly kind: "unreadable" | "unwritable" | "unsuitable" | "damaged";
  readonly message: string;
  /** Inputs that it concerns. */
  readonly inputs: number;
  readonly cause?: unknown;
}

/** Counts, and warns of what goes wrong. */
export class CacheMonitor {
  readonly stats: { -readonly [Name in keyof CacheStats]: CacheStats[Name] } = {
    hits: 0,
    misses: 0,
    joined: 0,
    saved: 0,
    savedBytes: 0,
    unsaved: 0,
    damaged: 0,
  };
  readonly #tell: (warning: CacheWarning) => void;

  constructor(onWarning: ((warning: CacheWarning) => void) | undefined) {
    this.#tell = onWarning ?? onceForEachKind();
  }

  saved(entries: readonly { readonly bytes: Uint8Array }[]): void {
    this.stats.saved += entries.length;
    for (const { bytes } of entries) this.stats.savedBytes += bytes.byteLength;
  }

  unreadable(inputs: number, cause: unknown): void {
    this.#tell({ kind: "unreadable", message: "The cache could not be read; its inputs are sent.", inputs, cause });
  }

  unwritable(inputs: number, cause: unknown): void {
    this.stats.unsaved += inputs;
    const message = "The cache could not be written; the results are handed out and not saved.";
    this.#tell({ kind: "unwritable", message, inputs, cause });
  }

  unpruned(cause: unknown): void {
    const message = "The cache could not be pruned; it may pass its limits.";
    this.#tell({ kind: "unwritable", message, inputs: 0, cause });
  }

  unsuitable(inputs: number, cause: unknown): void {
    this.stats.unsaved += inputs;
    const message = "Results would not come back from the cache as they are, so they are not saved. Give `codec`.";
    this.#tell({ kind: "unsuitable", message, inputs, ...(cause === undefined ? {} : { cause }) });
  }

  damaged(inputs: number): void {
    this.stats.damaged += inputs;
    const message = "Entries of the cache are damaged or were saved with another codec; their inputs are sent.";
    this.#tell({ kind: "damaged", message, inputs });
  }
}

/** Without a listener, makes a process warning for the first of each kind. */
function onceForEachKind(): (warning: CacheWarning) => void {
  const warned = new Set<string>();
  return ({ kind, message, cause }) => {
    if (warned.has(kind)) return;
    warned.add(kind);
    const detail = cause instanceof Error ? { detail: cause.message } : {};
    process.emitWarning(message, { type: "BatchwiseCacheWarning", ...detail });
  };
}
