import { ArgumentError } from "../errors.ts";
import type { Inputs } from "../options.ts";
import { kindOf } from "../show.ts";

/** Where a source puts what it gives. */
export interface Intake<Input> {
  /** Whether one more input may be taken now. */
  wants(): boolean;
  add(index: number, input: Input): void;
  /** Something has changed: inputs have come, or the source has ended. */
  wake(): void;
}

/** The window onto the inputs: hands them out as they are wanted, never ahead. */
export interface Source<Input> {
  /** Puts as many inputs into `intake` as it wants and the source has now; later ones are put in as they come. */
  fill(intake: Intake<Input>): void;
  /** True once nothing more will come: the source is exhausted, has failed, or was closed. */
  readonly ended: boolean;
  /** True once the source has given its last input. */
  readonly exhausted: boolean;
  /** What the source threw, if it did; it has ended then. */
  readonly error: unknown;
  readonly failed: boolean;
  /** Inputs taken from the source. */
  readonly pulled: number;
  /** Inputs in all, where known. */
  readonly total: number | undefined;
  /** All inputs, where they were there from the start. */
  readonly inputs?: readonly Input[];
  /** Whether the source, while it gives nothing, may be waiting for us. */
  idle(): boolean;
  /** Takes nothing more. Tells an iterator so. */
  close(): void;
}

/** A source that hands out its inputs without waiting; the fast lane reads it directly. */
export interface SyncSource<Input> extends Source<Input> {
  /** Moves on to the next input; false at the end. */
  advance(): boolean;
  /** The input that `advance` moved to; its index is `pulled - 1`. */
  readonly input: Input;
}

/** @throws ArgumentError where `inputs` can't be iterated over. */
export function openSource<Input>(inputs: Inputs<Input>): Source<Input> {
  if (Array.isArray(inputs)) return new ArraySource<Input>(inputs);
  if (typeof inputs === "object" && inputs !== null) {
    const asynchronous = (inputs as AsyncIterable<Input>)[Symbol.asyncIterator];
    if (typeof asynchronous === "function") return new AsyncSource(() => asynchronous.call(inputs));
    const synchronous = (inputs as Iterable<Input>)[Symbol.iterator];
    if (typeof synchronous === "function") return new IteratorSource(() => synchronous.call(inputs));
  }
  throw new ArgumentError(
    `batch expects an array, an iterable or an async iterable of inputs, but got ${kindOf(inputs)}. ` +
      `Wrap a single input in an array: batch([input]).`,
  );
}

class ArraySource<Input> implements SyncSource<Input> {
  readonly error = undefined;
  readonly failed = false;
  readonly total: number;
  pulled = 0;
  // A copy: the caller may change the array while the batch runs.
  readonly inputs: readonly Input[];

  constructor(inputs: readonly Input[]) {
    this.inputs = inputs.slice();
    this.total = inputs.length;
  }

  get ended(): boolean {
    return this.pulled >= this.total;
  }

  get exhausted(): boolean {
    return this.ended;
  }

  get input(): Input {
    return this.inputs[this.pulled - 1] as Input;
  }

  advance(): boolean {
    if (this.pulled >= this.total) return false;
    this.pulled++;
    return true;
  }

  fill(intake: Intake<Input>): void {
    while (this.pulled < this.total && intake.wants()) {
      const index = this.pulled++;
      intake.add(index, this.inputs[index] as Input);
    }
  }

  idle(): boolean {
    return true;
  }

  close(): void {
    // Nothing to tell an array.
  }
}

/** What sources have in common that learn of their end when they come to it. */
class Lazy {
  pulled = 0;
  ended = false;
  exhausted = false;
  failed = false;
  error: unknown;

  get total(): number | undefined {
    return this.exhausted ? this.pulled : undefined;
  }

  idle(): boolean {
    return true;
  }

  protected fail(error: unknown): void {
    this.ended = true;
    this.failed = true;
    this.error = error;
  }
}

class IteratorSource<Input> extends Lazy implements SyncSource<Input> {
  input!: Input;
  #iterator: Iterator<Input> | undefined;
  readonly #open: () => Iterator<Input>;

  constructor(open: () => Iterator<Input>) {
    super();
    this.#open = open;
  }

  advance(): boolean {
    if (this.ended) return false;
    try {
      this.#iterator ??= this.#open();
      const step = this.#iterator.next();
      requireResult(step);
      if (step.done !== true) {
        this.input = step.value;
        this.pulled++;
        return true;
      }
      this.exhausted = true;
      this.ended = true;
    } catch (error) {
      this.fail(error);
    }
    return false;
  }

  fill(intake: Intake<Input>): void {
    while (intake.wants() && this.advance()) intake.add(this.pulled - 1, this.input);
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    try {
      this.#iterator?.return?.();
    } catch {
      // Nobody reads from it any more; what it throws while it is put away is nobody's outcome.
    }
  }
}

class AsyncSource<Input> extends Lazy implements Source<Input> {
  #iterator: AsyncIterator<Input> | undefined;
  #pulling = false;
  readonly #open: () => AsyncIterator<Input>;

  constructor(open: () => AsyncIterator<Input>) {
    super();
    this.#open = open;
  }

  fill(intake: Intake<Input>): void {
    if (!this.#pulling && !this.ended && intake.wants()) void this.#pull(intake);
  }

  async #pull(intake: Intake<Input>): Promise<void> {
    this.#pulling = true;
    try {
      this.#iterator ??= this.#open();
      const iterator = this.#iterator;
      do {
        // One at a time, so that the source is never ahead of what is wanted.
        const step = await iterator.next();
        if (this.ended) return;
        requireResult(step);
        if (step.done === true) {
          this.exhausted = true;
          this.ended = true;
          break;
        }
        intake.add(this.pulled++, step.value);
      } while (intake.wants());
    } catch (error) {
      if (this.ended) return;
      this.fail(error);
    }
    this.#pulling = false;
    intake.wake();
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    // Not awaited: a generator that hangs in an await of its own would never answer.
    void this.#return();
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator?.return?.();
    } catch {
      // Nobody reads from it any more; what it throws while it is put away is nobody's outcome.
    }
  }
}

function requireResult(step: unknown): void {
  if (typeof step !== "object" || step === null) {
    throw new TypeError(`The source's next() gave ${kindOf(step)} where an iterator gives { value, done }.`);
  }
}
