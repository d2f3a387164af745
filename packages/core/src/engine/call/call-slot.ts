import type { Usage } from "../../contract/report.ts";
import type { CallOptions, CallReport } from "../../contract/call.ts";
import { CALL_SLOT } from "../../contract/marks.ts";
import type { Call } from "../../contract/middleware.ts";
import type { RateLimiter, RateLimitFacts } from "../../contract/rate-limiter.ts";
import type { Permit, Semaphore } from "../admission/semaphore.ts";
import type { AnyStageContext } from "../stage-context.ts";
import type { Deadline } from "./deadline.ts";

/** Place for a call in flight: its permit, the options that it hands to call after call, and the facts that they report. */
export class CallSlot implements Permit {
  readonly semaphore: Semaphore;
  readonly limiter: RateLimiter | undefined;
  readonly outer: Permit | undefined;
  readonly options: CallOptions;
  isBorrowed = false;
  isRetry = false;
  usage: Usage | undefined;
  limits: RateLimitFacts | undefined;
  requestId: string | undefined;
  call: Call | undefined;
  deadline: Deadline | undefined;
  /** Fault of middleware in the last call: an error for the whole batch. */
  fault: Error | undefined;

  constructor({ batch, options, semaphore }: AnyStageContext) {
    this.semaphore = semaphore;
    this.limiter = options.limiter;
    this.outer = options.parent;
    const report = (facts: CallReport): void => {
      if (facts.usage !== undefined) {
        this.usage = facts.usage;
        batch.reported(facts.usage, options.price);
      }
      this.limits = facts.limits ?? this.limits;
      this.requestId = facts.requestId ?? this.requestId;
    };
    this.options = Object.freeze({ ...options.callOptions, signal: batch.canceled, report, [CALL_SLOT]: this });
  }
}
