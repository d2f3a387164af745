import { TimeoutError, toError } from "../errors.ts";
import type { RateLimiter, RateLimitFacts, Reservation, Settlement } from "../limits/rate-limiter.ts";
import type { BatchOptions, CallOptions, CallReport, Price, Usage } from "../options.ts";
import { factsOf } from "./classify.ts";
import type { Meter } from "./meter.ts";
import type { Permit, Permits } from "./permits.ts";
import { PERMIT, type Plan } from "./plan.ts";
import type { Request } from "./request.ts";

/** What calls report to, and are ended by. */
export interface CallHost {
  readonly meter: Meter;
  readonly hooks: Pick<BatchOptions, "onRequest" | "onRetry">;
  /** This many tokens are on their way, or (below 0) have come back. */
  spending(tokens: number, price: Price | undefined): void;
  /** Aborted when the results of calls in flight are no longer wanted. */
  readonly signal: AbortSignal;
  reported(usage: Usage, price: Price | undefined): void;
}

type SlotPlan = Pick<Plan<never, unknown>, "callOptions" | "price" | "limiter" | "parent">;

/** One place for a call in flight: its permit, the options that it hands to call after call, and what they report. */
export class Slot implements Permit {
  readonly permits: Permits;
  readonly limiter: RateLimiter | undefined;
  readonly outer: Permit | undefined;
  readonly options: CallOptions;
  lent = false;
  usage: Usage | undefined;
  limits: RateLimitFacts | undefined;
  requestId: string | undefined;

  constructor(permits: Permits, host: CallHost, plan: SlotPlan) {
    this.permits = permits;
    this.limiter = plan.limiter;
    this.outer = plan.parent;
    const report = (facts: CallReport): void => {
      if (facts.usage !== undefined) {
        this.usage = facts.usage;
        host.reported(facts.usage, plan.price);
      }
      this.limits = facts.limits ?? this.limits;
      this.requestId = facts.requestId ?? this.requestId;
    };
    this.options = Object.freeze({ ...plan.callOptions, signal: host.signal, report, [PERMIT]: this });
  }

  /** Forgets what the last call reported. */
  clear(): void {
    this.usage = undefined;
    this.limits = undefined;
    this.requestId = undefined;
  }
}

/** What came back: an answer that is not checked yet, or what was thrown. */
type Answer = { readonly value: unknown; readonly error?: undefined } | { readonly error: Error };

/** A call that has ended. */
export interface Ended {
  readonly answer: Answer;
  /** What its reservation is to be settled with, once its items are: whoever waits for the limits may go then. */
  readonly settlement: Settlement;
}

/** Makes a run's calls, each on a slot of its own. */
export class Caller<Input, Output> {
  readonly #plan: Plan<Input, Output>;
  readonly #host: CallHost;
  readonly #permits: Permits;
  readonly #free: Slot[] = [];

  constructor(plan: Plan<Input, Output>, host: CallHost, permits: Permits) {
    this.#plan = plan;
    this.#host = host;
    this.#permits = permits;
  }

  /** A slot for a call; give it back when the call has ended. */
  slot(): Slot {
    return this.#free.pop() ?? new Slot(this.#permits, this.#host, this.#plan);
  }

  giveBack(slot: Slot): void {
    this.#free.push(slot);
  }

  /** One call for a request, in the Runnable's own way. Never throws for the call. */
  async call(request: Request<Input>, reservation: Reservation | undefined): Promise<Ended> {
    const { meter, hooks } = this.#host;
    const { clock, price, lookUp } = this.#plan;
    const counts = lookUp ? 0 : 1;
    const startedAt = hooks.onRequest === undefined ? 0 : clock.now();
    const slot = this.slot();
    slot.clear();
    request.attempts++;
    meter.inFlight += counts;
    this.#host.spending(request.tokens, price);
    reservation?.begin?.();
    const answer = await this.#answer(request, slot);
    this.#host.spending(-request.tokens, price);
    meter.inFlight -= counts;
    meter.requests += counts;
    const { usage, requestId } = slot;
    const { error } = answer;
    if (error === undefined && usage !== undefined) {
      this.#plan.calibration?.observe(request.tokens, totalTokens(usage) ?? 0);
    }
    const settlement = settlementOf(request, slot, error);
    this.giveBack(slot);
    if (!lookUp) {
      hooks.onRequest?.({
        inputs: request.size,
        attempt: request.attempts,
        durationMs: clock.now() - startedAt,
        usage,
        requestId,
        error,
      });
    }
    return { answer, settlement };
  }

  async #answer(request: Request<Input>, slot: Slot): Promise<Answer> {
    const { timeoutMs } = this.#plan;
    try {
      const sent =
        timeoutMs === undefined
          ? send(this.#plan, request, slot.options)
          : withTimeout(this.#plan, request, slot.options, timeoutMs);
      return { value: await sent };
    } catch (thrown) {
      return { error: toError(thrown) };
    }
  }
}

function send<Input, Output>(
  plan: Plan<Input, Output>,
  request: Request<Input>,
  options: CallOptions,
): Promise<unknown> {
  const { strategy } = plan;
  if (strategy.kind === "one") return strategy.call(request.inputs[0] as Input, options);
  // A copy: what the Runnable does to its array must not change what is sent again.
  return strategy.call(request.inputs.slice(), options);
}

/** The time runs from dispatch (P13). The call's own signal is aborted with the error that its items get. */
function withTimeout<Input, Output>(
  plan: Plan<Input, Output>,
  request: Request<Input>,
  options: CallOptions,
  timeoutMs: number,
): Promise<unknown> {
  const controller = new AbortController();
  const outer = options.signal;
  return new Promise((resolve, reject) => {
    let over = false;
    const cancel = plan.clock.after(timeoutMs, () => {
      const error = new TimeoutError(
        `The call took longer than timeoutMs (${timeoutMs} ms). Allow it more time, or send less in one request.`,
      );
      over = true;
      reject(error);
      controller.abort(error);
    });
    // What a call reports after its time is up belongs to no call any more.
    const report = (facts: CallReport): void => {
      if (!over) options.report?.(facts);
    };
    const onAbort = (): void => {
      // The batch is over: nobody waits for the time to run out.
      cancel();
      controller.abort(outer?.reason);
    };
    outer?.addEventListener("abort", onAbort, { once: true });
    const done = (): void => {
      over = true;
      cancel();
      outer?.removeEventListener("abort", onAbort);
    };
    const sent = new Promise((answer) => {
      answer(send(plan, request, Object.freeze({ ...options, signal: controller.signal, report })));
    });
    sent.finally(done).then(resolve, reject);
  });
}

/** How the call ended, for the limiter, and what the provider counted for it (P28). */
function settlementOf(request: Request<unknown>, { usage, limits }: Slot, error: Error | undefined): Settlement {
  const facts = error === undefined ? undefined : factsOf(error);
  const outcome = facts === undefined ? "ok" : facts.code === "rate_limited" ? "limited" : "failed";
  const tokens = usage === undefined ? undefined : totalTokens(usage);
  return {
    outcome,
    ...(tokens === undefined ? {} : { used: { requests: 1, inputs: request.size, tokens } }),
    ...(limits === undefined ? {} : { limits }),
    ...(facts?.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs }),
  };
}

function totalTokens({ inputTokens, outputTokens, totalTokens: total }: Usage): number | undefined {
  if (total !== undefined) return total;
  return inputTokens === undefined ? undefined : inputTokens + (outputTokens ?? 0);
}
