import pRetry from "p-retry";
import { sleep } from "../../contract/clock.ts";
import type { Admission } from "../admission/admission.ts";
import type { Caller } from "../call/caller.ts";
import type { Chunk } from "../intake/chunk.ts";
import { Unfinished } from "../resolve/call-strategy.ts";
import type { ResolvedRetry } from "../resolve/resolve-options.ts";
import type { Settler } from "../results/settler.ts";
import type { StageContext } from "../stage-context.ts";
import type { Failure } from "./failure.ts";
import { backoffMs, mayRetry } from "./retry-policy.ts";

/** Further calls for chunks that failed, ahead of new work. Holds a permit only while a call is in flight. */
export class Retry<Input, Output> {
  readonly #context: StageContext<Input, Output>;
  readonly #admission: Admission;
  readonly #caller: Caller<Input, Output>;
  readonly #settler: Settler<Input, Output>;

  constructor(
    context: StageContext<Input, Output>,
    admission: Admission,
    caller: Caller<Input, Output>,
    settler: Settler<Input, Output>,
  ) {
    this.#context = context;
    this.#admission = admission;
    this.#caller = caller;
    this.#settler = settler;
  }

  /** Calls for a part of a failed chunk, and again while that may help. Returns what failed in the end. */
  async send(part: Chunk<Input>): Promise<Failure<Input> | undefined> {
    const failure = await this.#again(part);
    return failure === undefined || this.#context.batch.isEnding ? undefined : this.retry(failure);
  }

  /**
   * Calls again while that may help. p-retry drives it; the first attempt that it sees is the one that has failed
   * already, so that a call which succeeds at once never comes here. Returns what is left when tries are used up.
   */
  async retry(first: Failure<Input>): Promise<Failure<Input> | undefined> {
    const { retry } = this.#context.options;
    let failure: Failure<Input> | undefined = first;
    let isWorthIt = false;
    if (retry === undefined || !this.#mayRetry(failure)) return this.#sendUnfinished(failure);
    try {
      await pRetry(
        async (attempt) => {
          if (attempt > 1) failure = await this.#again((failure as Failure<Input>).chunk);
          // p-retry takes only Errors, and treats some specially: it sees one of ours, never the provider's.
          if (failure !== undefined && !this.#context.batch.isEnding) throw new Again();
        },
        {
          retries: retry.attempts - 1 - first.chunk.retries,
          minTimeout: 0,
          onFailedAttempt: async () => {
            isWorthIt = failure !== undefined && this.#mayRetry(failure);
            if (failure !== undefined && isWorthIt) await this.#backOff(failure, retry);
          },
          shouldRetry: () => isWorthIt && !this.#context.batch.isEnding,
        },
      );
    } catch (error) {
      if (!(error instanceof Again)) throw error;
    }
    return failure === undefined ? undefined : this.#sendUnfinished(failure);
  }

  /** One more call, ahead of new work. Returns what failed again. */
  async #again(chunk: Chunk<Input>): Promise<Failure<Input> | undefined> {
    const { refusal } = this.#settler;
    if (refusal !== undefined) return { chunk, error: refusal, isWhole: true };
    const pass = await this.#admission.pass(chunk, true);
    if (pass === undefined) return undefined;
    try {
      return await this.#caller.attempt(chunk, pass);
    } finally {
      this.#admission.leave();
    }
  }

  #mayRetry(failure: Failure<Input>): boolean {
    return mayRetry(failure.chunk, failure.error, this.#context.options.retry);
  }

  /** Sends again what an override's fail-fast left unfinished: it has not failed, and this counts as no retry. */
  async #sendUnfinished(failure: Failure<Input>): Promise<Failure<Input> | undefined> {
    let left: Failure<Input> | undefined = failure;
    while (left !== undefined && !left.isWhole && left.errors?.every((error) => error instanceof Unfinished)) {
      left = await this.#again(left.chunk);
    }
    return left;
  }

  /** Waits before the next call, on the batch's clock and without a permit. */
  async #backOff({ chunk, error, errors = [error] }: Failure<Input>, retry: ResolvedRetry): Promise<void> {
    const { clock, random } = this.#context.options;
    const delayMs = backoffMs(chunk, errors, retry, random);
    chunk.retries++;
    this.#context.batch.stats.retried();
    this.#context.batch.hooks.onRetry?.({ error, attempt: chunk.attempts, delayMs, inputs: chunk.size });
    await sleep(delayMs, clock, this.#context.batch.draining);
  }
}

/** Stands for any failure while p-retry counts. */
class Again extends Error {}
