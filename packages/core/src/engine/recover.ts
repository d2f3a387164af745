import pRetry from "p-retry";
import { sleep } from "../clock.ts";
import { blamesInput, type ErrorFacts, factsOf, isFatal, isRetryable } from "./classify.ts";
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
  /** One more call, ahead of new work. Returns what failed again. */
  again(request: Request<Input>): Promise<Failure<Input> | undefined>;
}

/** How the hunt for the inputs that spoil one request is going. */
interface Hunt<Input> extends Fruit {
  /** Parts that nothing is known about; the last one is next. */
  readonly untested: Request<Input>[];
  /** How many untested inputs go out together. */
  reach: number;
  /** The error with which it was given up: nothing more is sent. */
  over: Error | undefined;
}

/** How many calls in a row brought no success, and how many may. */
interface Fruit {
  fruitless: number;
  readonly limit: number;
}

/** A part that is known to hold a culprit, and what its failure said. */
interface Bad<Input> {
  readonly request: Request<Input>;
  readonly facts: ErrorFacts;
}

interface Sent<Input> {
  /** Whether the part came through whole. */
  readonly clean: boolean;
  readonly bad?: Bad<Input>;
  /** The rest of a part whose culprit was named. */
  readonly unsent?: Request<Input>;
}

const UNTRIED: Fruit = { fruitless: 0, limit: 1 };
const CLEAN: Sent<never> = { clean: true };
const UNCLEAN: Sent<never> = { clean: false };

/**
 * What happens after a failed call: it is tried again where that may help, and a request that one of its inputs spoils
 * is split until that input stands alone. It works beside the lanes and holds a permit only while a call is in flight.
 */
export class Recovery<Input, Output> {
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
    if (request.size === 1 || !this.#worthSplitting(facts, UNTRIED)) {
      this.#giveUpAll(request, error, facts);
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
    if (left !== undefined && !this.#run.stopped) await this.#isolate(left);
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
    if (isFatal(facts)) this.#host.fatal(this.#run, error);
  }

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

  #giveUpAll(request: Request<Input>, error: Error, facts: ErrorFacts): void {
    this.#settler.rejectAll(request, error);
    if (isFatal(facts)) this.#host.fatal(this.#run, error);
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

  /** Settles what cannot be retried: splits a request that one input may have spoilt, gives up the rest. */
  async #isolate(failure: Failure<Input>): Promise<void> {
    const limit = 2 * Math.ceil(Math.log2(Math.max(2, failure.request.size))) + 1;
    const hunt: Hunt<Input> = { untested: [], reach: failure.request.size, fruitless: 0, limit, over: undefined };
    let { bad } = this.#sift(failure, hunt);
    if (failure.unsent === true) hunt.untested.push(failure.request);
    while (!this.#run.stopped) {
      if (bad !== undefined) bad = await this.#halve(bad, hunt);
      else if (hunt.untested.length > 0) bad = await this.#test(hunt);
      else return;
    }
  }

  /**
   * Sends the first half of a request that holds a culprit. Where it comes through, the culprit is in the second one,
   * which is then split at once and not sent again; but nothing is given up that has not been sent alone. Where the
   * request was only too large, the one half says nothing about the other. Returns what is known to hold a culprit.
   */
  async #halve({ request, facts }: Bad<Input>, hunt: Hunt<Input>): Promise<Bad<Input> | undefined> {
    const [first, second] = request.halves();
    const tooLarge = facts.code === "request_too_large";
    const { clean, bad, unsent } = await this.#send(first, hunt);
    if (clean && !tooLarge) {
      if (second.size > 1) return { request: second, facts };
      return (await this.#send(second, hunt)).bad;
    }
    // With a culprit in the first half the second is as good as new: it goes out again with all that is untested.
    // Not where the culprit may be an outage: then what is nearest and smallest tells more.
    const rest = bad !== undefined && blamesOne(facts) ? hunt.untested.pop() : undefined;
    hunt.untested.push(rest === undefined ? second : second.join(rest));
    if (unsent !== undefined) hunt.untested.push(unsent);
    return bad;
  }

  /** Sends what is untested: all of it at first, less where that fails, so that many culprits cost no more than one call each. */
  async #test(hunt: Hunt<Input>): Promise<Bad<Input> | undefined> {
    let next = hunt.untested.pop() as Request<Input>;
    if (next.size > hunt.reach) {
      const [near, far] = next.cut(hunt.reach);
      next = near;
      hunt.untested.push(far);
    }
    const { clean, bad, unsent } = await this.#send(next, hunt);
    if (clean) hunt.reach *= 2;
    if (bad !== undefined && blamesOne(bad.facts)) hunt.reach = next.size >> 1;
    if (unsent !== undefined) hunt.untested.push(unsent);
    return bad;
  }

  /** One more call for a part. Settles all that can be, and says whether the part came through whole. */
  async #send(part: Request<Input>, hunt: Hunt<Input>): Promise<Sent<Input>> {
    if (this.#run.stopped) return UNCLEAN;
    if (hunt.over !== undefined) {
      this.#settler.rejectAll(part, hunt.over);
      return UNCLEAN;
    }
    const failure = await this.#run.again(part);
    if (this.#run.stopped) return UNCLEAN;
    const left = failure && (await this.#retry(failure));
    if (left === undefined) {
      hunt.fruitless = 0;
      return CLEAN;
    }
    if (this.#run.stopped) return UNCLEAN;
    if (left.whole) hunt.fruitless++;
    else hunt.fruitless = 0;
    if (hunt.fruitless >= hunt.limit && !blamesInput(factsOf(left.error))) hunt.over = left.error;
    return this.#sift(left, hunt);
  }

  /** Settles what of a failure no further call can help, and says what is left. */
  #sift({ request, error, errors, whole, unsent }: Failure<Input>, hunt: Fruit): Sent<Input> {
    if (request.size === 0) return UNCLEAN;
    if (unsent === true) return { ...UNCLEAN, unsent: request };
    const facts = factsOf(error);
    if (!whole) {
      for (let position = 0; position < request.size; position++) {
        const reason = errors?.[position] ?? error;
        this.giveUp(request.indexes[position] as number, request.inputs[position] as Input, reason, factsOf(reason));
      }
    } else if (request.size === 1 || !this.#worthSplitting(facts, hunt)) this.#giveUpAll(request, error, facts);
    else return { ...UNCLEAN, bad: { request, facts } };
    return UNCLEAN;
  }

  /**
   * An error that is known to be the provider's state, not the inputs', is not hunted. One that says nothing may be an
   * outage: that hunt ends when about 2 log2(k) calls in a row have brought nothing.
   */
  #worthSplitting(facts: ErrorFacts, hunt: Fruit): boolean {
    if (isFatal(facts) || facts.code === "invalid_result") return false;
    if (facts.code === "request_too_large") return true;
    if (facts.retryable === true || (facts.status !== undefined && isRetryable(facts))) return false;
    return blamesInput(facts) || hunt.fruitless < hunt.limit;
  }
}

/** Whether an error is about single inputs: not about all of them together, and no outage. */
function blamesOne(facts: ErrorFacts): boolean {
  return blamesInput(facts) && facts.code !== "request_too_large";
}

/** Stands for any failure while p-retry counts. */
class Again extends Error {}

function* others(size: number, except: number): Iterable<number> {
  for (let position = 0; position < size; position++) {
    if (position !== except) yield position;
  }
}
