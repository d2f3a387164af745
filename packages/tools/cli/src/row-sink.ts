/** Sink of a run's rows, which come in any order. */
export interface RowSink {
  /** Aborted as soon as the output cannot be written any more. */
  readonly failed: AbortSignal;
  /** @param line the row as a line of the output's `RowFormat` */
  put(index: number, line: string): void | Promise<void>;
  /** Resolves where the rows that wait for their turn leave room for another one. */
  room(): void | Promise<void>;
  /**
   * Has the disk keep what was put, before it returns: of a run whose rows count all or none, from now on they do.
   *
   * @throws Error for an output that cannot be written
   */
  save(): void;
  /** Notes down ids of offline jobs, so that the next run does not leave them alone. */
  noteJobs?(ids: ReadonlySet<string>): void;
  /**
   * Ends the output.
   *
   * @param isWhole true where every input has its row
   * @throws Error for an output that cannot be written; the signal's reason
   */
  end(isWhole: boolean, signal: AbortSignal | undefined): Promise<void>;
  /** Lets go of the output, whatever has become of it. */
  close(): void;
}
