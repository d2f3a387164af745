import type { Usage } from "@batchwise/core";

/** How a Runnable's inputs become lines of a batch, and what the lines answer outputs. */
export interface JobKind<Input = any, Output = any> {
  /** Type of the dataset that a batch reads. */
  readonly type: "batch-embed-v2-input" | "batch-chat-v2-input";
  /** The model as batches call it. */
  readonly model: string;
  /** Everything else but the inputs that decides what comes out. Holds no key. */
  readonly common: object;
  /** What one line asks for, as it goes over the wire. @throws InputError for an input that can't be sent */
  body(inputs: readonly Input[]): object;
  /**
   * One output, or an error, for each input of a line, and what the line used.
   *
   * @param body the answer as it came over the wire
   * @throws what is wrong with the whole answer
   */
  read(body: object, inputs: readonly Input[]): LineAnswer<Output> | Promise<LineAnswer<Output>>;
}

/** What a line was answered. */
interface LineAnswer<Output> {
  readonly outputs: readonly (Output | Error)[];
  readonly usage: Usage | undefined;
}
