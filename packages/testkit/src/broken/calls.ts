import type { BatchOptions, CallOptions, Completed, Inputs } from "@batchwise/core";

import { BulkRunnable } from "../exemplars.ts";

/** L6: hands one input's failure to its whole request. */
export class FailsTogether extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    try {
      return await super.invokeMany(inputs, options);
    } catch (error) {
      return inputs.map(() => error as Error);
    }
  }
}

/** L7: makes a request's calls one after another, with no look at the signal between them. */
export class DeafToAbort extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    const outputs: (string | Error)[] = [];
    for (const input of inputs) outputs.push(...(await this.backend.call([input], options)));
    return outputs;
  }
}

/** L8: makes a call for each input of a request, all at once, whatever the cap says. */
export class FansOut extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    return Promise.all(inputs.map((input) => this.invoke(input, options)));
  }
}

/** L10: has a bulk call, and streams through `invoke` all the same. */
export class ForgetsBulk extends BulkRunnable {
  override async *batchAsCompleted(
    inputs: Inputs<string>,
    options: BatchOptions<string, string> = {},
  ): AsyncGenerator<Completed<string, string>, undefined, undefined> {
    let index = 0;
    for await (const input of inputs) {
      yield {
        index: index++,
        input,
        status: "fulfilled",
        value: await this.invoke(input, options),
      };
    }
  }
}

/** L11: reads the whole source before it starts. */
export class ReadsEverything extends BulkRunnable {
  override async *batchAsCompleted(
    inputs: Inputs<string>,
    options: BatchOptions<string, string> = {},
  ): AsyncGenerator<Completed<string, string>, undefined, undefined> {
    const all: string[] = [];
    for await (const input of inputs) all.push(input);
    yield* super.batchAsCompleted(all, options);
  }
}

/** L12: rejects at the first failure while the queue behind it continues. */
export class QueueGoesOn extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    const queue = [...inputs.entries()];
    const outputs: (string | Error)[] = [];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, input] = next;
        outputs[index] = await this.invoke(input, options);
      }
    };
    await Promise.all([work(), work()]);
    return outputs;
  }
}

/** L13: lays the answers beside the inputs without counting them. */
export class NeverCounts extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    const answers = await this.backend.call(inputs, options);
    return inputs.map((_, index) => answers[index] as string);
  }
}

/** L14: takes an output of undefined for a missing one. */
export class MissesUndefined extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    const answers = await super.invokeMany(inputs, options);
    return answers.map((answer) => answer ?? new Error("The answer is missing."));
  }
}
