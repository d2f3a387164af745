import {
  type BatchOptions,
  type CallOptions,
  type Inputs,
  ResultError,
  Runnable,
  type RunnableSettings,
} from "@batchwise/core";

import type { ScriptedBackend } from "./scripted-backend.ts";

/** Makes a Runnable from texts to texts on a backend. */
export type MakeRunnable = (backend: ScriptedBackend<string, string>) => Runnable<string, string>;

/** Runnable that has `invoke` alone: one call after another. */
export class DefaultRunnable extends Runnable<string, string> {
  protected readonly backend: ScriptedBackend<string, string>;

  constructor(backend: ScriptedBackend<string, string>) {
    super();
    this.backend = backend;
  }

  async invoke(input: string, options: CallOptions = {}): Promise<string> {
    return only(await this.backend.call([input], options));
  }
}

/** Runnable that has `invoke` alone: five calls at a time. */
class ConcurrentRunnable extends DefaultRunnable {
  override readonly settings: RunnableSettings<string, string> = { maxConcurrency: 5 };
}

/** Runnable that has `invokeMany`, whose answers are in the order of the inputs. */
export class BulkRunnable extends DefaultRunnable {
  override readonly settings: RunnableSettings<string, string> = { request: { maxInputs: 4 } };

  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    return this.backend.call(inputs, options);
  }
}

/** Runnable that has `invokeMany`, whose answers say which input they are for. */
class IndexedBulkRunnable extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    const answers = await this.backend.callIndexed(inputs, options);
    return inputs.map((_, index) => {
      const own = answers.filter((each) => each.index === index);
      const [answer] = own;
      if (own.length === 1 && answer !== undefined) return answer.answer;
      return new ResultError(
        `Expected one answer for the input at ${index}, got ${own.length}. Send the request again.`,
      );
    });
  }
}

/** Textbook override of `batch`: all inputs in one call, and no `invokeMany`. */
class OverridingRunnable extends DefaultRunnable {
  override async batch(inputs: string[], options: CallOptions = {}): Promise<string[]> {
    if (inputs.length === 0) return [];
    return (await this.backend.call(inputs, options)) as string[];
  }
}

/** Override of `batch` next to an `invokeMany`, which it uses through `super.batch`. */
class SuperBatchRunnable extends BulkRunnable {
  override async batch(inputs: Inputs<string>, options: BatchOptions<string, string> = {}): Promise<string[]> {
    return (await super.batch(inputs, options)) as string[];
  }
}

/** Override of `batch` that gathers what `batchAsCompleted` yields. */
class GatheringRunnable extends DefaultRunnable {
  override async batch(inputs: Inputs<string>, options: BatchOptions<string, string> = {}): Promise<string[]> {
    const slots: (string | Error)[] = [];
    for await (const outcome of this.batchAsCompleted(inputs, options)) {
      if (outcome.status === "rejected" && options.returnExceptions !== true) throw outcome.reason;
      slots[outcome.index] = outcome.status === "fulfilled" ? outcome.value : outcome.reason;
    }
    return slots as string[];
  }
}

/** Runnables that keep every law, one for each way to write one. */
export const exemplars: Readonly<Record<string, MakeRunnable>> = {
  "a default Runnable": (backend) => new DefaultRunnable(backend),
  "a concurrent Runnable": (backend) => new ConcurrentRunnable(backend),
  "a bulk Runnable": (backend) => new BulkRunnable(backend),
  "a bulk Runnable whose answers carry an index": (backend) => new IndexedBulkRunnable(backend),
  "a Runnable that overrides batch alone": (backend) => new OverridingRunnable(backend),
  "a Runnable that overrides batch and invokeMany, with super.batch": (backend) => new SuperBatchRunnable(backend),
  "a Runnable whose batch gathers batchAsCompleted": (backend) => new GatheringRunnable(backend),
};

function only(answers: readonly (string | Error)[]): string {
  if (answers.length !== 1)
    throw new ResultError(`Expected one answer, got ${answers.length}. Send the request again.`);
  const [answer] = answers as [string | Error];
  if (answer instanceof Error) throw answer;
  return answer;
}
