import type { BatchOptions, CallOptions, Inputs } from "@batchwise/core";

import { BulkRunnable, DefaultRunnable } from "../exemplars.ts";

/** L1: forgets the inputs that failed, so that later outputs move up. */
export class DropsFailures extends DefaultRunnable {
  override async batch(inputs: string[]): Promise<string[]> {
    const settled = await Promise.allSettled(inputs.map((input) => this.invoke(input)));
    return settled.filter((each) => each.status === "fulfilled").map((each) => each.value);
  }
}

/** L2: collects outputs as they come. */
export class CollectsAsTheyCome extends DefaultRunnable {
  override async batch(inputs: string[]): Promise<string[]> {
    const outputs: string[] = [];
    await Promise.all(
      inputs.map(async (input) => {
        outputs.push(await this.invoke(input));
      }),
    );
    return outputs;
  }
}

/** L3: sends an empty request. */
export class SendsNothing extends DefaultRunnable {
  override async batch(inputs: string[]): Promise<string[]> {
    return (await this.backend.call(inputs)) as string[];
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
  override async batch(inputs: string[]): Promise<string[]> {
    const outputs = Array.from<string>({ length: inputs.length });
    for (const input of inputs) {
      outputs[inputs.indexOf(input)] = await this.invoke(input);
    }
    return outputs;
  }
}

/** L9: cuts its requests off the caller's array. */
export class CutsInputs extends DefaultRunnable {
  override async batch(inputs: Inputs<string>, _options: BatchOptions<string, string> = {}): Promise<string[]> {
    const rest = inputs as string[];
    const outputs: string[] = [];
    while (rest.length > 0) {
      outputs.push(...((await this.backend.call(rest.splice(0, 2))) as string[]));
    }
    return outputs;
  }
}
