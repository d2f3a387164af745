import { TimeoutError } from "../errors.ts";
import type { RateLimitFacts } from "../limits/rate-limiter.ts";
import type { CallOptions, CallReport, Price, Usage } from "../options.ts";
import type { Permit, Permits } from "./permits.ts";
import { PERMIT, type Plan } from "./plan.ts";
import type { Request } from "./request.ts";

/** What calls report to, and are ended by. */
export interface CallHost {
  /** Aborted when the results of calls in flight are no longer wanted. */
  readonly signal: AbortSignal;
  reported(usage: Usage, price: Price | undefined): void;
}

/** One place for a call in flight: its permit, the options that it hands to call after call, and what they report. */
export class Slot implements Permit {
  readonly permits: Permits;
  readonly options: CallOptions;
  lent = false;
  usage: Usage | undefined;
  limits: RateLimitFacts | undefined;
  requestId: string | undefined;

  constructor(permits: Permits, host: CallHost, plan: Pick<Plan<never, unknown>, "callOptions" | "price">) {
    this.permits = permits;
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

/** Makes one call for a request, in the Runnable's own way. The answer is not checked yet. */
export function call<Input, Output>(plan: Plan<Input, Output>, request: Request<Input>, slot: Slot): Promise<unknown> {
  slot.clear();
  if (plan.timeoutMs === undefined) return send(plan, request, slot.options);
  return withTimeout(plan, request, slot.options, plan.timeoutMs);
}

function send<Input, Output>(plan: Plan<Input, Output>, request: Request<Input>, options: CallOptions): Promise<unknown> {
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
  const onAbort = (): void => controller.abort(outer?.reason);
  outer?.addEventListener("abort", onAbort, { once: true });
  return new Promise((resolve, reject) => {
    let over = false;
    const cancel = plan.clock.after(timeoutMs, () => {
      const error = new TimeoutError(`The call took longer than timeoutMs (${timeoutMs} ms). Allow it more time, or send less in one request.`);
      over = true;
      reject(error);
      controller.abort(error);
    });
    // What a call reports after its time is up belongs to no call any more.
    const report = (facts: CallReport): void => {
      if (!over) options.report?.(facts);
    };
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
