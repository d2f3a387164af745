import { type CallOptions, Runnable } from "@batchwise/core";

/** A Runnable that takes many inputs in one request: one input is a request of one. */
export abstract class BulkRunnable<Input, Output> extends Runnable<Input, Output> {
  abstract override invokeMany(inputs: readonly Input[], options?: CallOptions): Promise<readonly (Output | Error)[]>;

  /** @throws what `invokeMany` throws, or has in the input's slot */
  override async invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const [slot] = await this.invokeMany([input], options);
    if (slot instanceof Error) throw slot;
    return slot!;
  }
}
