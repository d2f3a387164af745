import pRetry from "p-retry";
import { sleep } from "../contract/clock.ts";
import { factsOf } from "../contract/error-facts.ts";
import { ProviderError } from "../contract/errors.ts";
import type { Admission } from "../engine/admission/admission.ts";
import type { Caller } from "../engine/call/caller.ts";
import { type Chunk, farApart } from "../engine/intake/chunk.ts";
import { Unfinished } from "../engine/resolve/call-strategy.ts";
import type { ResolvedRetry } from "../engine/resolve/resolve-options.ts";
import type { Settler } from "../engine/results/settler.ts";
import type { StageContext } from "../engine/stage-context.ts";
import type { Failure, Judgment } from "./failure.ts";
import { Names } from "./names.ts";
import { backoffMs, RETRIES } from "./retry-policy.ts";

/** Further calls for chunks that failed, ahead of new work. Holds a permit only while a call is in flight. */
export class Retry<Input, Output> {
  readonly #context: StageContext<Input, Output>;
  readonly #admission: Admission;
  readonly #caller: Caller<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  readonly #names: Names<Input, Output>;
  /** Calls of one input that asked whether an outage is over. */
  #asked = 0;

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
    this.#names = new Names(context.batch, settler, {
      once: (chunk) => this.once(chunk),
      again: (failure) => this.#again(failure),
    });
  }

  /** Calls for a part of a failed chunk, and again while that may help. Returns what failed in the end. */
  async send(part: Chunk<Input>): Promise<Failure<Input> | undefined> {
    const failure = await this.once(part);
    return failure === undefined || this.#context.batch.isEnding ? undefined : this.retry(failure);
  }

  /**
   * Calls again while that may help, and for the others where one is bad by the provider's word. Returns what is left
   * when tries are used up.
   *
   * @param onOutage called where there may be an outage, each time
   */
  async retry(first: Failure<Input>, onOutage?: () => void): Promise<Failure<Input> | undefined> {
    return this.#names.leaveOut(await this.#again(first, onOutage));
  }

  /**
   * Calls again while that may help. p-retry drives it; the first attempt that it sees is the one that has failed
   * already, so that a call which succeeds at once never comes here.
   */
  async #again(first: Failure<Input>, onOutage?: () => void): Promise<Failure<Input> | undefined> {
    const { retry } = this.#context.options;
    let failure: Failure<Input> | undefined = first;
    let judgment: Judgment = "over";
    if (retry === undefined || this.#judge(failure) === "over") return this.#sendUnfinished(failure);
    try {
      await pRetry(
        async (attempt) => {
          if (attempt > 1) failure = await this.once((failure as Failure<Input>).chunk);
          // p-retry takes only Errors, and treats some specially: it sees one of ours, never the provider's.
          if (failure !== undefined && !this.#context.batch.isEnding) throw new Again();
        },
        {
          // Tries are counted by the health, since not every failure uses one up.
          retries: Infinity,
          minTimeout: 0,
          onFailedAttempt: async () => {
            judgment = failure === undefined ? "over" : this.#judge(failure);
            if (failure === undefined || judgment === "over") return;
            if (judgment === "wait" && factsOf(failure.error).code !== "rate_limited") onOutage?.();
            if (judgment === "end") this.#end(failure.error);
            else await this.#backOff(failure, retry, judgment);
          },
          shouldRetry: () => judgment !== "over" && judgment !== "end" && !this.#context.batch.isEnding,
        },
      );
    } catch (error) {
      if (!(error instanceof Again)) throw error;
    }
    return failure === undefined ? undefined : this.#sendUnfinished(failure);
  }

  /** One more call, ahead of new work. Returns what failed again. */
  async once(chunk: Chunk<Input>): Promise<Failure<Input> | undefined> {
    const { limiter } = this.#context.options;
    // While there is an outage new inputs take their turns, too: what has failed may be bad. What is slow keeps others off.
    const pass = await this.#admission.pass(chunk, limiter?.outage === undefined && !chunk.isSlow);
    const { refusal } = this.#settler;
    if (pass === undefined) return refusal && { chunk, error: refusal, isWhole: true };
    const { health } = this.#settler;
    const isHeavy = limiter?.outage === undefined && health.doubtsSize(chunk);
    const isAsking = chunk.size > 1 && (isHeavy || health.mayHang || limiter?.outage !== undefined);
    const [asking, rest] = isAsking ? this.#pickOne(chunk) : [chunk];
    let failure: Failure<Input> | undefined;
    try {
      failure = await this.#caller.attempt(asking, pass);
    } finally {
      this.#admission.leave();
    }
    if (rest === undefined) return failure;
    // The provider has answered for that one input: the others go together.
    if (failure === undefined || failure.chunk.size === 0) {
      if (isHeavy) rest.failing = { ...health.begin(), isAsked: true, refusals: RETRIES };
      return this.once(rest);
    }
    return { chunk, error: failure.error, isWhole: true };
  }

  /** Halves of a chunk, or more parts of at most so many inputs. Each has tries of its own. */
  parts(chunk: Chunk<Input>, most: number): readonly Chunk<Input>[] {
    const parts = chunk.parts(Math.max(2, Math.ceil(chunk.size / most)));
    for (const part of parts) {
      part.retries = 0;
      // Its inputs are not new: they have failed together.
      part.failing = { ...this.#settler.health.begin(), count: 1, isAsked: chunk.failing?.isAsked };
    }
    return parts;
  }

  #judge(failure: Failure<Input>): Judgment {
    // What is settled already is not judged.
    return failure.chunk.size === 0 ? "over" : this.#settler.health.judge(failure);
  }

  /** One input of a chunk, another one each time, and the others. */
  #pickOne(chunk: Chunk<Input>): [Chunk<Input>, Chunk<Input>] {
    const place = farApart(this.#asked++, chunk.size);
    const asking = chunk.pick([place]);
    // It is asked for the first time.
    asking.failing = undefined;
    return [asking, chunk.without([place])];
  }

  /** Ends the run: nothing gets through any more. */
  #end(error: Error): void {
    const { boundMs } = this.#settler.health;
    const { code, status } = factsOf(error);
    const providerCode = ProviderError.isInstance(error) ? error.providerCode : undefined;
    const check = code === "rate_limited" ? "the limits of the key" : "the address and the network";
    const reason = new ProviderError(
      `Expected a call to get through within ${boundMs / 1000} s, got none (${status ?? providerCode ?? code}). ` +
        `Check ${check}, run the rest later, or raise \`retry.outageMs\`.`,
      { code, status, retryable: true, cause: error },
    );
    this.#settler.refuse(reason);
  }

  /** Sends again what an override's fail-fast left unfinished: it has not failed, and this counts as no retry. */
  async #sendUnfinished(failure: Failure<Input>): Promise<Failure<Input> | undefined> {
    let left: Failure<Input> | undefined = failure;
    while (left !== undefined && !left.isWhole && left.errors?.every((error) => error instanceof Unfinished)) {
      left = await this.once(left.chunk);
    }
    return left;
  }

  /** Waits before the next call, on the batch's clock and without a permit. */
  async #backOff(
    { chunk, error, errors = [error] }: Failure<Input>,
    retry: ResolvedRetry,
    judgment: Judgment,
  ): Promise<void> {
    const { batch, options, source } = this.#context;
    const { clock, random } = options;
    const { health } = this.#settler;
    const { retries } = chunk;
    const othersPass = judgment === "try" && options.isPatient && health.passed > 0;
    const isLast = othersPass && source.ended && this.#admission.places > 0;
    // Where no try is used up, the limiter knows how long to wait.
    if (judgment === "wait") chunk.retries = 0;
    const delayMs = backoffMs(chunk, errors, retry, random, isLast);
    if (judgment === "try") chunk.retries++;
    // An outage gives tries back, a refusal by a rate limit does not.
    else if (factsOf(error).code === "rate_limited") chunk.retries = retries;
    batch.stats.retried();
    batch.hooks.onRetry?.({ error, attempt: chunk.attempts, delayMs, inputs: chunk.size });
    await sleep(delayMs, clock, this.#admission.stopping).catch((reason: unknown) => {
      if (this.#settler.refusal === undefined) throw reason;
    });
  }
}

/** Stands for any failure while p-retry counts. */
class Again extends Error {}
