/**
 * Where the journal of jobs is kept: what was going to be created, and what was. A list of short lines of text (JSON);
 * it holds no input, no output and no key.
 */
export interface JobStore {
  /**
   * Takes the journal for this process alone, until it is closed.
   *
   * @throws JobStoreError where another process has it, or it cannot be reached
   */
  open(): Promise<OpenJobStore>;
}

/** A journal that is held. */
export interface OpenJobStore {
  /** Every record that was appended and not replaced since, in order. One that was cut short by a crash may be missing. */
  readonly records: readonly string[];
  /** Adds a record. When this resolves, it survives a crash. */
  append(record: string): Promise<void>;
  /** Puts other records in the place of all. A crash leaves either the old ones or the new ones. */
  replace(records: readonly string[]): Promise<void>;
  /** Lets others have it. */
  close(): Promise<void>;
}
