import type { Inputs } from "../../contract/runnable.ts";
import { ArgumentError } from "../../contract/errors.ts";
import { kindOf } from "../../contract/kind-of.ts";
import { AsyncSource, IteratorSource } from "./lazy-sources.ts";
import type { Source, SourceReader, SyncSource } from "./source.ts";

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
    `Expected \`inputs\` to be an array, an iterable or an async iterable, got ${kindOf(inputs)}. ` +
      `Wrap a single input in an array: batch([input]).`,
  );
}

class ArraySource<Input> implements SyncSource<Input> {
  readonly total: number;
  pulled = 0;
  ended: boolean;
  input!: Input;
  // A copy: the caller may change the array while the batch runs.
  readonly inputs: readonly Input[];
  #skipped: Set<number> | undefined;

  constructor(inputs: readonly Input[]) {
    this.inputs = inputs.slice();
    this.total = inputs.length;
    this.ended = inputs.length === 0;
  }

  advance(): boolean {
    if (this.ended) return false;
    this.input = this.inputs[this.pulled++] as Input;
    this.ended = this.pulled === this.total;
    return true;
  }

  fill(reader: SourceReader<Input>): void {
    while (!this.ended && reader.wants()) {
      const index = this.pulled++;
      this.ended = this.pulled === this.total;
      if (this.#skipped?.delete(index) === true) continue;
      reader.add(index, this.inputs[index] as Input);
    }
  }

  skip(index: number): boolean {
    this.#skipped ??= new Set();
    if (index < this.pulled || this.#skipped.has(index)) return false;
    this.#skipped.add(index);
    return true;
  }

  close(): void {
    this.ended = true;
  }
}
