import { type CallOptions, ProviderError, ResultError, Runnable } from "@batchwise/core";

import { BulkRunnable } from "../exemplars.ts";
import type { ScriptedBackend } from "../scripted-backend.ts";

/** L15: keeps the signal to itself: the batch has ended, and the provider works on. */
export class KeepsTheSignal extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    const { signal: _, ...rest } = options;
    return this.backend.call(inputs, rest);
  }
}

/** L16: tries again by itself, as SDKs do by default. */
export class TriesAgain extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    for (let left = 2; ; left--) {
      try {
        return await super.invokeMany(inputs, options);
      } catch (error) {
        if (left === 0 || !ProviderError.isInstance(error) || !error.retryable) throw error;
      }
    }
  }
}

/** L17: says in its errors what could not be worked on, as a well-meant help. */
export class QuotesInputs extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    try {
      return await super.invokeMany(inputs, options);
    } catch (error) {
      throw ProviderError.isInstance(error) ? this.quote(error, inputs.join(", ")) : error;
    }
  }

  protected quote({ status = 0, retryable }: ProviderError, texts: string): Error {
    return new ProviderError(`Status ${status} for "${texts}".`, { status, retryable });
  }
}

/** L17: says so in the error's cause, as an SDK's own error does. */
export class QuotesInCause extends QuotesInputs {
  protected override quote({ status = 0, retryable }: ProviderError, texts: string): Error {
    return new ProviderError("The SDK failed.", { status, retryable, cause: new Error(`400 for ${texts}`) });
  }
}

/** L17: says so in a field that loggers print, as an SDK's error that holds its request. */
export class QuotesInField extends QuotesInputs {
  protected override quote({ status = 0, retryable }: ProviderError, texts: string): Error {
    const error = new ProviderError("The SDK failed.", { status, retryable });
    return Object.assign(error, { request: { body: JSON.stringify({ input: [texts] }) } });
  }
}

/** L18: keeps the usage to itself. */
export class KeepsTheUsage extends BulkRunnable {
  override async invokeMany(inputs: readonly string[], options: CallOptions): Promise<(string | Error)[]> {
    const { report: _, ...rest } = options;
    return this.backend.call(inputs, rest);
  }
}

/** An input that holds more than a text. */
export interface Prompt {
  readonly text: string;
  model?: string;
}

/** L9, inside of an input: fills in its defaults where they are missing. */
export class FillsInDefaults extends Runnable<Prompt, string> {
  readonly #backend: ScriptedBackend<Prompt, string>;

  constructor(backend: ScriptedBackend<Prompt, string>) {
    super();
    this.#backend = backend;
  }

  override async invoke(prompt: Prompt, options: CallOptions = {}): Promise<string> {
    prompt.model ??= "default";
    const answers = await this.#backend.call([{ text: prompt.text }], options);
    const [answer] = answers;
    if (answers.length === 1 && !(answer instanceof Error)) return answer as string;
    throw answer instanceof Error ? answer : new ResultError(`Expected one answer, got ${answers.length}.`);
  }
}
