import { kindOf } from "../../contract/kind-of.ts";
import type { Source, SourceReader, SyncSource } from "./source.ts";

/** Source that learns of its end when it reaches it. */
abstract class LazySource {
  pulled = 0;
  ended = false;
  total: number | undefined;
  failure: { readonly error: unknown } | undefined;

  /** Not awaited: a generator that hangs in an await of its own would never answer. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    // Nothing reads from it any more; an error while it is put away is no outcome of an input.
    this.putAway().catch(() => undefined);
  }

  protected abstract putAway(): Promise<unknown>;

  /** Tells whether a step of the iterator holds an input; notes the end otherwise. */
  protected isInput<Input>(step: IteratorResult<Input>): step is IteratorYieldResult<Input> {
    if (typeof step !== "object" || step === null) {
      throw new TypeError(`Expected the source's next() to give { value, done }, got ${kindOf(step)}.`);
    }
    if (step.done !== true) return true;
    this.total = this.pulled;
    this.ended = true;
    return false;
  }

  protected fail(error: unknown): void {
    this.ended = true;
    this.failure = { error };
  }
}

/** Source of an iterable. */
export class IteratorSource<Input> extends LazySource implements SyncSource<Input> {
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
      if (!this.isInput(step)) return false;
      this.input = step.value;
      this.pulled++;
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  fill(reader: SourceReader<Input>): void {
    while (reader.wants() && this.advance()) reader.add(this.pulled - 1, this.input);
  }

  protected async putAway(): Promise<void> {
    this.#iterator?.return?.();
  }
}

/** Source of an async iterable or a stream: pulls one input at a time. */
export class AsyncSource<Input> extends LazySource implements Source<Input> {
  #iterator: AsyncIterator<Input> | undefined;
  #isPulling = false;
  readonly #open: () => AsyncIterator<Input>;

  constructor(open: () => AsyncIterator<Input>) {
    super();
    this.#open = open;
  }

  fill(reader: SourceReader<Input>): void {
    if (!this.#isPulling && !this.ended && reader.wants()) void this.#pull(reader);
  }

  async #pull(reader: SourceReader<Input>): Promise<void> {
    this.#isPulling = true;
    try {
      this.#iterator ??= this.#open();
      do {
        // One at a time, so that the source is never ahead of what is wanted.
        const step = await this.#iterator.next();
        if (this.ended) return;
        if (!this.isInput(step)) break;
        reader.add(this.pulled++, step.value);
      } while (reader.wants());
    } catch (error) {
      if (this.ended) return;
      this.fail(error);
    }
    this.#isPulling = false;
    reader.wake();
  }

  protected async putAway(): Promise<void> {
    await this.#iterator?.return?.();
  }
}
