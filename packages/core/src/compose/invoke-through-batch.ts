import type { CallOptions } from "../contract/call.ts";
import { BatchError } from "../contract/errors.ts";
import { INVOKED } from "../contract/marks.ts";
import type { RunnableShape } from "../contract/runnable.ts";
import { batch } from "../engine/batch.ts";

/**
 * `invoke` for a Runnable that is written around `invokeMany` or wraps another: a batch of one, with its retries,
 * limits, checks and middleware. Throws what the item failed with.
 */
export async function invokeThroughBatch<Input, Output>(
  target: RunnableShape<Input, Output>,
  input: Input,
  options: CallOptions = {},
): Promise<Output> {
  try {
    // The engine's, as the base class has it: an override of `batch` may be written around `invoke`.
    const outputs = await batch(target, [input], { ...options, [INVOKED]: true } as CallOptions);
    return outputs[0] as Output;
  } catch (error) {
    throw BatchError.isInstance(error) && error.cause !== undefined ? error.cause : error;
  }
}
