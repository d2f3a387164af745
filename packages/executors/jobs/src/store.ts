/**
 * Store of the journal of jobs: those that were about to be created, and those that were. A list of short lines of text
 * (JSON) without any input, output or key.
 */
export interface JobStore {
  /**
   * Takes the journal for this process alone, until it is closed.
   *
   * @throws JobStoreError where another process has it, or it cannot be reached
   */
  open(): Promise<OpenJobStore>;
}

/** Journal that this process holds. */
export interface OpenJobStore {
  /** Records that were appended and not replaced since, in order. One that was cut short by a crash may be missing. */
  readonly records: readonly string[];
  /** Adds a record. When this resolves, it survives a crash. */
  append(record: string): Promise<void>;
  /** Replaces all records. A crash leaves either the old ones or the new ones. */
  replace(records: readonly string[]): Promise<void>;
  /** Releases it for other processes. */
  close(): Promise<void>;
}
