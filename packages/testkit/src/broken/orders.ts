import type { CallOptions } from "@batchwise/core";

import { BulkRunnable, DefaultRunnable } from "../exemplars.ts";

/** L1: forgets the inputs that failed, so that later outputs move up. */
export class DropsFailures extends DefaultRunnable {
  override async batch(inputs: string[], options: CallOptions = {}): Promise<string[]> {
    const settled = await Promise.allSettled(inputs.map((input) => this.invoke(input, options)));
    return settled.filter((each) => each.status === "fulfilled").map((each) => each.value);
  }
}

/** L2: collects outputs as they come. */
export class CollectsAsTheyCome extends DefaultRunnable {
  override async batch(inputs: string[], options: CallOptions = {}): Promise<string[]> {
    const outputs: string[] = [];
    await Promise.all(
      inputs.map(async (input) => {
        outputs.push(await this.invoke(input, options));
      }),
    );
    return outputs;
  }
}

/** L3: sends an empty request. */
export class SendsNothing extends DefaultRunnable {
  override async batch(inputs: string[], options: CallOptions = {}): Promise<string[]> {
    return (await this.backend.call(inputs, options)) as string[];
  }
}

/** L4: treats an input on its own in another way than one of many, as a query and a document. */
export class TreatsOneDifferently extends BulkRunnable {
  override async invoke(input: string, options: CallOptions = {}): Promise<string> {
    return `query: ${await super.invoke(input, options)}`;
  }
}

/** L5: finds an input's slot by the input. */
export class FindsSlotsByInput extends DefaultRunnable {
  override async batch(inputs: string[], options: CallOptions = {}): Promise<string[]> {
    const outputs = Array.from<string>({ length: inputs.length });
    for (const input of inputs) {
      options.signal?.throwIfAborted();
      outputs[inputs.indexOf(input)] = await this.invoke(input, options);
    }
    return outputs;
  }
}

/** L9: cuts its requests off the caller's array. */
export class CutsInputs extends DefaultRunnable {
  override async batch(inputs: string[], options: CallOptions = {}): Promise<string[]> {
    const outputs: string[] = [];
    while (inputs.length > 0) {
      options.signal?.throwIfAborted();
      outputs.push(...((await this.backend.call(inputs.splice(0, 2), options)) as string[]));
    }
    return outputs;
  }
}
