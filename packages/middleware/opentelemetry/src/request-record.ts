import { type CallOptions, type CallReport, type Price, TimeoutError } from "@batchwise/core";
import { type Attributes, type Context, type Span, trace } from "@opentelemetry/api";
import type { BatchRecord, EndedRequest } from "./batch-record.ts";
import { enclosedBy, enclosing, hold, type Outer } from "./enclosing.ts";
import { ABORTED, failureAttributes } from "./failure-attributes.ts";
import { ATTRIBUTE } from "./names.ts";
import { activeContext, quietly, within } from "./quietly.ts";
import { describeRequest, measureRequest, type RequestFacts, startRequestSpan } from "./request-facts.ts";
import { Spending } from "./spending.ts";
import type { Recorder } from "./telemetry.ts";

/** A call that is going to be made. */
export interface Call {
  /** Undefined where they cannot be counted. */
  readonly inputs: number | undefined;
  readonly options: CallOptions;
  readonly price: Price | undefined;
  /** The batch that makes it, where that is ours. */
  readonly batch: BatchRecord | undefined;
}

/** One request: its span, and what is measured of it. It ends with its call, or when nobody waits for it any more. */
export class RequestRecord implements Outer, EndedRequest {
  readonly inputs: number | undefined;
  ended = false;
  readonly #recorder: Recorder;
  readonly #batch: BatchRecord | undefined;
  /** What the call is handed. */
  readonly #options: CallOptions;
  readonly #context: Context;
  readonly #span: Span | undefined;
  readonly #spending: Spending;
  readonly #startedAt: number = performance.now();
  readonly #letGo: () => void;
  #contains = false;

  constructor(recorder: Recorder, { inputs, options, price, batch }: Call) {
    this.inputs = inputs;
    this.#recorder = recorder;
    this.#batch = batch;
    this.#spending = new Spending(price);
    const parent = batch?.context ?? activeContext();
    for (const outer of enclosing(options, parent)) outer.contains();
    this.#span = recorder.requestSpans ? startRequestSpan(recorder, inputs, parent) : undefined;
    this.#context = enclosedBy(this, this.#span === undefined ? parent : trace.setSpan(parent, this.#span));
    this.#letGo = hold(options, this);
    this.#inFlight(1);
    const { signal, report: next } = options;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const report = (facts: CallReport): void => this.#spending.report(facts, next);
    this.#options = Object.freeze({ ...options, report });
  }

  /** Makes the call, with this request's span active. `rejectedIn` counts the inputs that failed within an answer. */
  async run<Answer>(
    make: (options: CallOptions) => Promise<Answer>,
    rejectedIn: (answer: Answer) => number = () => 0,
  ): Promise<Answer> {
    try {
      const answer = await within(this.#context, () => make(this.#options));
      this.#end(undefined, rejectedIn(answer));
      return answer;
    } catch (error) {
      this.#end(failureAttributes(error), 0);
      throw error;
    }
  }

  contains(): void {
    if (this.#contains) return;
    this.#contains = true;
    if (!this.ended) this.#inFlight(-1);
  }

  /** Ends the span, which the batch may have kept open to say which attempt it was. */
  close(attempt: number | undefined): void {
    quietly(() => {
      if (attempt !== undefined) this.#span?.setAttribute(ATTRIBUTE.requestAttempt, attempt);
    });
    quietly(() => this.#span?.end());
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#options.signal?.reason;
    this.#end(TimeoutError.isInstance(reason) ? failureAttributes(reason) : { [ATTRIBUTE.errorType]: ABORTED }, 0);
  };

  #end(failure: Attributes | undefined, rejected: number): void {
    if (this.ended) return;
    this.ended = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#letGo();
    if (!this.#contains) this.#inFlight(-1);
    const durationMs = performance.now() - this.#startedAt;
    const facts: RequestFacts = { inputs: this.inputs, durationMs, spending: this.#spending, failure, rejected };
    // What has done nothing but have others make requests is none.
    if (!this.#contains || this.#spending.isOwn) measureRequest(this.#recorder, facts, this.#context);
    this.#batch?.spent(this.#spending);
    if (this.#span === undefined) return;
    describeRequest(this.#span, facts);
    if (this.#batch === undefined) this.close(undefined);
    else this.#batch.answered(this);
  }

  #inFlight(change: 1 | -1): void {
    const { instruments, requestAttributes } = this.#recorder;
    if (instruments !== undefined) quietly(() => instruments.activeRequests.add(change, requestAttributes));
  }
}
