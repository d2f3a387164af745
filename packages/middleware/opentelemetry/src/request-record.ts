import { type Call, type CallReport, type CallResult, TimeoutError } from "@batchwise/core";
import { type Attributes, type Context, type Span, trace } from "@opentelemetry/api";
import { type BatchRecord, recordOf } from "./batch-record.ts";
import { enclosing, hold, insideOf, type Outer } from "./enclosing.ts";
import { ABORTED, failureAttributes } from "./failure-attributes.ts";
import { ATTRIBUTE } from "./names.ts";
import { activeContext, quietly, within } from "./quietly.ts";
import type { Recorder } from "./recorder.ts";
import { describeRequest, measureRequest, startRequestSpan } from "./request-facts.ts";
import { Spending } from "./spending.ts";

/** Record of one request: its span, and what is measured of it. It ends with its call, or when its signal is aborted. */
export class RequestRecord implements Outer {
  ended = false;
  readonly #recorder: Recorder;
  readonly #call: Call;
  readonly #batch: BatchRecord | undefined;
  readonly #context: Context;
  readonly #span: Span | undefined;
  readonly #spending: Spending;
  readonly #startedAt: number = performance.now();
  readonly #letGo: () => void;
  #contains = false;

  constructor(recorder: Recorder, call: Call) {
    this.#recorder = recorder;
    this.#call = call;
    this.#batch = recordOf(call.batch);
    this.#spending = new Spending(call.price);
    const parent = this.#batch?.context ?? activeContext();
    for (const outer of enclosing(call.batch.parent, parent)) outer.contains();
    this.#span = recorder.requestSpans ? startRequestSpan(recorder, call, parent) : undefined;
    this.#context = insideOf(this, this.#span === undefined ? parent : trace.setSpan(parent, this.#span));
    this.#letGo = hold(call, this);
    this.#inFlight(1);
    call.options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Makes the call, with this request's span active. */
  async run(next: (call: Call) => Promise<CallResult>): Promise<CallResult> {
    const { report: tell } = this.#call.options;
    const report = (facts: CallReport): void => this.#spending.report(facts, tell);
    const call = { ...this.#call, options: Object.freeze({ ...this.#call.options, report }) };
    try {
      const result = await within(this.#context, () => next(call));
      this.#end(undefined, rejectedIn(result));
      return result;
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

  readonly #onAbort = (): void => {
    const reason: unknown = this.#call.options.signal?.reason;
    this.#end(TimeoutError.isInstance(reason) ? failureAttributes(reason) : { [ATTRIBUTE.errorType]: ABORTED }, 0);
  };

  #end(failure: Attributes | undefined, rejected: number): void {
    if (this.ended) return;
    this.ended = true;
    this.#call.options.signal?.removeEventListener("abort", this.#onAbort);
    this.#letGo();
    if (!this.#contains) this.#inFlight(-1);
    const durationMs = performance.now() - this.#startedAt;
    const facts = { inputs: this.#call.inputs.length, durationMs, spending: this.#spending, failure, rejected };
    // A call that has done nothing but have others make requests is none.
    if (!this.#contains || this.#spending.isOwn) measureRequest(this.#recorder, facts, this.#context);
    this.#batch?.spent(this.#spending);
    if (this.#span === undefined) return;
    describeRequest(this.#span, facts);
    quietly(() => this.#span?.end());
  }

  #inFlight(change: 1 | -1): void {
    const { instruments, requestAttributes } = this.#recorder;
    if (instruments !== undefined) quietly(() => instruments.activeRequests.add(change, requestAttributes));
  }
}

/** Inputs that failed alone: their Errors stand in the results. A wrong result is the engine's to refuse. */
function rejectedIn(result: CallResult | undefined): number {
  const results: unknown = result?.results;
  return Array.isArray(results) ? results.filter((each) => each instanceof Error).length : 0;
}
