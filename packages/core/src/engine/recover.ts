import pRetry from "p-retry";
import { sleep } from "../clock.ts";
import { type ErrorFacts, factsOf, isFatal, isRetryable } from "./classify.ts";
import { Hunt, type HuntHost, isWorthSplitting } from "./hunt.ts";
import type { Plan, ResolvedRetry } from "./plan.ts";
import type { Request } from "./request.ts";
import type { RunHost } from "./run.ts";
import type { Failure, Settler } from "./settle.ts";
import { Unfinished } from "./strategy.ts";

/** What recovery needs of its run. */
export interface Recoverable<Input, Output> {
  readonly plan: Plan<Input, Output>;
  readonly stopped: boolean;
  refuse(error: Error): void;
  /** How many inputs of a request go out next, where that has to wait at the limits: at most this share of what has no outcome. */
  portion(request: Request<Input>, share: number): number;
  /** Whether a request could be sent now without taking anything from others: no new work is left, and no limit is near. */
  isSpare(request: Request<Input>): boolean;
  /** One more call, ahead of new work. Returns what failed again. */
  again(request: Request<Input>): Promise<Failure<Input> | undefined>;
}

/**
 * What happens after a failed call: it is tried again where that may help, and a request that one of its inputs spoils
 * is split until that input stands alone. It works beside the lanes and holds a permit only while a call is in flight.
 */
export class Recovery<Input, Output> implements HuntHost<Input> {
  readonly #run: Recoverable<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  readonly #host: RunHost;

  constructor(run: Recoverable<Input, Output>, settler: Settler<Input, Output>, host: RunHost) {
    this.#run = run;
    this.#settler = settler;
    this.#host = host;
  }

  /**
   * Settles what no further call can help. Not a turn later: a batch that fails fast must start nothing more (L12).
   * Returns what is left for `recover`.
   */
  settle(failure: Failure<Input>): Failure<Input> | undefined {
    const { request, error, whole } = failure;
    if (!whole || this.mayRetry(request, error)) return failure;
    const facts = factsOf(error);
    if (request.size === 1 || !isWorthSplitting(facts, true)) {
      this.giveUpAll(request, error);
      return undefined;
    }
    const named = facts.position;
    if (named === undefined || !Number.isInteger(named) || named < 0 || named >= request.size) return failure;
    this.#settler.reject(request.indexes[named] as number, request.inputs[named] as Input, error);
    return { request: request.pick(others(request.size, named)), error, whole: true, unsent: true };
  }

  /** Settles every input of a failure, in the end. */
  async recover(failure: Failure<Input>): Promise<void> {
    const left = await this.#retry(failure);
    if (left !== undefined && !this.#run.stopped) await new Hunt(this, left.request.size).run(left);
  }

  /** Whether an item that failed with this error gets another call. */
  mayRetry(request: Request<Input>, error: Error): boolean {
    const { retry } = this.#run.plan;
    if (retry === undefined || request.retries >= retry.attempts - 1) return false;
    const facts = factsOf(error);
    if (isFatal(facts) || facts.code === "request_too_large" || (facts.retryAfterMs ?? 0) > retry.maxRetryAfterMs)
      return false;
    return retry.shouldRetry === undefined ? isRetryable(facts) : retry.shouldRetry(error);
  }

  /** This input has no further chance. Where no other has one either, the batch ends. */
  giveUp(index: number, input: Input, error: Error, facts: ErrorFacts): void {
    this.#settler.reject(index, input, error);
    if (isFatal(facts)) this.#run.refuse(error);
  }

  // ---- what a hunt needs ----

  get stopped(): boolean {
    return this.#run.stopped;
  }

  async send(part: Request<Input>): Promise<Failure<Input> | undefined> {
    const failure = await this.#run.again(part);
    return failure === undefined || this.#run.stopped ? undefined : this.#retry(failure);
  }

  giveUpAll(request: Request<Input>, error: Error): void {
    this.#settler.rejectAll(request, error);
    if (isFatal(factsOf(error))) this.#run.refuse(error);
  }

  giveUpEach({ request, error, errors }: Failure<Input>): void {
    for (let position = 0; position < request.size; position++) {
      const reason = errors?.[position] ?? error;
      this.giveUp(request.indexes[position] as number, request.inputs[position] as Input, reason, factsOf(reason));
    }
  }

  portion(request: Request<Input>, share: number): number {
    return this.#run.portion(request, share);
  }

  isSpare(request: Request<Input>): boolean {
    return this.#run.isSpare(request);
  }

  // ---- further tries ----

  /**
   * Calls again while that may help. p-retry drives it; the first attempt that it sees is the one that has failed
   * already, so that a call which succeeds at once never comes here. Returns what is left when tries are used up.
   */
  async #retry(first: Failure<Input>): Promise<Failure<Input> | undefined> {
    const { retry } = this.#run.plan;
    let failure: Failure<Input> | undefined = first;
    let worthIt = false;
    if (retry === undefined || !this.#again(failure)) return this.#retryUnfinished(failure);
    try {
      await pRetry(
        async (attempt) => {
          if (attempt > 1) failure = await this.#run.again((failure as Failure<Input>).request);
          // p-retry takes only Errors, and treats some specially: it sees one of ours, never the provider's.
          if (failure !== undefined && !this.#run.stopped) throw new Again();
        },
        {
          retries: retry.attempts - 1 - first.request.retries,
          minTimeout: 0,
          onFailedAttempt: async () => {
            worthIt = failure !== undefined && this.#again(failure);
            if (failure !== undefined && worthIt) await this.#backOff(failure, retry);
          },
          shouldRetry: () => worthIt && !this.#run.stopped,
        },
      );
    } catch (error) {
      if (!(error instanceof Again)) throw error;
    }
    return failure === undefined ? undefined : this.#retryUnfinished(failure);
  }

  #again(failure: Failure<Input>): boolean {
    return this.mayRetry(failure.request, failure.error);
  }

  /** What an override's fail-fast left unfinished has not failed: it is sent again without counting as a retry. */
  async #retryUnfinished(failure: Failure<Input>): Promise<Failure<Input> | undefined> {
    let left: Failure<Input> | undefined = failure;
    while (left !== undefined && !left.whole && left.errors?.every((error) => error instanceof Unfinished)) {
      left = await this.#run.again(left.request);
    }
    return left;
  }

  /** Waits before the next call, on our clock and without a permit. */
  async #backOff({ request, error, errors = [error] }: Failure<Input>, retry: ResolvedRetry): Promise<void> {
    const { clock, random } = this.#run.plan;
    const full = Math.min(retry.maxDelayMs, retry.minDelayMs * retry.factor ** request.retries);
    const own = full * (1 - retry.jitter * random());
    // Items that failed apart go out together again: after the longest wait that any of them was asked for.
    const asked = errors.map((each) => factsOf(each).retryAfterMs).filter((ms) => ms !== undefined);
    const delayMs = asked.length === 0 ? own : Math.max(...asked);
    request.retries++;
    this.#host.meter.retries++;
    this.#host.hooks.onRetry?.({ error, attempt: request.attempts, delayMs, inputs: request.size });
    await sleep(delayMs, clock, this.#host.halted);
  }
}

/** Stands for any failure while p-retry counts. */
class Again extends Error {}

function* others(size: number, except: number): Iterable<number> {
  for (let position = 0; position < size; position++) {
    if (position !== except) yield position;
  }
}
