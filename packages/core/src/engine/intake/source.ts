/** Reader of a source: says whether it wants more, and takes it. */
export interface SourceReader<Input> {
  /** Tells whether one more input may be taken now. */
  wants(): boolean;
  add(index: number, input: Input): void;
  /** Inputs have arrived, or the source has ended. */
  wake(): void;
}

/** Source of a stage: hands inputs out as they are wanted, never ahead. */
export interface Source<Input> {
  /** Gives the reader as many inputs as it wants and the source has now; later ones are given as they arrive. */
  fill(reader: SourceReader<Input>): void;
  /** True once nothing more will come: the source has given its last input, has failed, or was closed. */
  readonly ended: boolean;
  /** Error that the source threw, if it did; it has ended then. */
  readonly failure?: { readonly error: unknown } | undefined;
  /** Inputs taken from the source. */
  readonly pulled: number;
  /** Inputs in all, where known: at the latest once the source has given its last one. */
  readonly total: number | undefined;
  /** All inputs, where they were there from the start. */
  readonly inputs?: readonly Input[];
  /** Leaves out an input that has been taken from `inputs` ahead of its turn. False where it has been taken already. */
  skip?(index: number): boolean;
  /** Tells whether the source, while it gives nothing, may be waiting for outcomes. Absent where it always may. */
  isIdle?(): boolean;
  /** Takes nothing more. Tells an iterator so. */
  close(): void;
}

/** Source that hands out its inputs without waiting; the fast path reads it directly. */
export interface SyncSource<Input> extends Source<Input> {
  /** Moves on to the next input; false at the end. */
  advance(): boolean;
  /** The input that `advance` moved to; its index is `pulled - 1`. */
  readonly input: Input;
}
