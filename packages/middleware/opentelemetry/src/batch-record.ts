import type {
  BatchOptions,
  CallReport,
  FinishReport,
  Price,
  Progress,
  RequestEvent,
  RetryEvent,
} from "@batchwise/core";
import { type Attributes, type Context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { type Method, outcomeAttributes, startBatchSpan } from "./batch-facts.ts";
import { enclosedBy, enclosing, type Outer } from "./enclosing.ts";
import { errorType, failureAttributes, typeOfCode } from "./failure-attributes.ts";
import { inTurn } from "./in-turn.ts";
import { ATTRIBUTE, RETRY_EVENT } from "./names.ts";
import { activeContext, quietly, within } from "./quietly.ts";
import { isCounted, type Spending } from "./spending.ts";
import { type Settled, type Tally, tallyOfMany, tallyOfOne } from "./tally.ts";
import { recordToldRequest } from "./told-request.ts";
import type { Recorder } from "./telemetry.ts";

/** A batch that begins. */
export interface Beginning {
  readonly method: Method;
  readonly inputs: unknown;
  readonly options: object;
  /** Where somebody else has the engine make the calls, in a way of his own: we are told of requests, with this price. */
  readonly told: { readonly price: Price | undefined } | undefined;
}

/** A request that has ended, whose span waits for the number of its attempt. */
export interface EndedRequest {
  /** Undefined where they cannot be counted. */
  readonly inputs: number | undefined;
  close(attempt: number | undefined): void;
}

/** One batch: its span, its retries, and its items. */
export class BatchRecord implements Outer {
  readonly recorder: Recorder;
  /** With the batch's span in it. */
  readonly context: Context;
  ended = false;
  readonly #method: Method;
  readonly #told: Beginning["told"];
  /** Inputs, where they can be counted beforehand. */
  readonly #size: number | undefined;
  readonly #span: Span | undefined;
  /** What it works for, where that is recorded: its items are parts of one that counts already. */
  readonly #outer: readonly Outer[];
  /** Requests that have ended and wait to be told which attempt they were, in the order of their ends. */
  readonly #answered: EndedRequest[] = [];
  #isHooked = false;
  /** Whether somebody inside records the requests. */
  #contains = false;
  #inputTokens = 0;
  #outputTokens = 0;
  #cost = 0;
  /** Items that have been counted as fulfilled. */
  #counted = 0;
  #tally: Tally | undefined;

  constructor(recorder: Recorder, { method, inputs, options, told }: Beginning) {
    const parent = activeContext();
    this.recorder = recorder;
    this.#method = method;
    this.#told = told;
    this.#size = Array.isArray(inputs) ? inputs.length : undefined;
    this.#outer = enclosing(options, parent);
    this.#span = startBatchSpan(recorder, method, this.#size, parent);
    const spanned = this.#span === undefined ? parent : trace.setSpan(parent, this.#span);
    this.context = told === undefined ? spanned : enclosedBy(this, spanned);
  }

  /** Ends with the promise that `work` returns, which it hands on. */
  async settle<T>(work: () => Promise<T>): Promise<T> {
    let settled: Settled<T>;
    try {
      const value = await within(this.context, work);
      settled = { value };
    } catch (error) {
      settled = { error };
    }
    // Where the engine has not told, it either ran an author's code or nothing at all.
    if (this.#tally === undefined && !this.#isHooked) {
      this.#count(this.#method === "invoke" ? tallyOfOne(settled) : tallyOfMany(settled, this.#size));
    }
    this.end("value" in settled ? undefined : settled);
    if ("value" in settled) return settled.value;
    throw settled.error;
  }

  /** The caller's options, with hooks by which the engine tells us; `last` runs after `onFinish`. */
  hooked<Input, Output>(options: BatchOptions<Input, Output>, last?: () => void): BatchOptions<Input, Output> {
    this.#isHooked = true;
    // The engine says what is wrong with them.
    if (typeof options !== "object" || options === null) return options;
    const { instruments, requestSpans } = this.recorder;
    const { report, onFinish, onRequest, onProgress } = options;
    return {
      ...this.hookedForRetries(options),
      onFinish: inTurn(this.#onFinish, onFinish, last),
      ...(instruments !== undefined && { onProgress: inTurn(this.#onProgress, onProgress) }),
      ...(this.#told === undefined
        ? requestSpans && { onRequest: inTurn(this.#onRequest, onRequest) }
        : { onRequest: inTurn(this.#onToldRequest, onRequest), report: inTurn(this.#onReport, report) }),
    };
  }

  /** For an author's own `batch`, which may hand its options on, in parts or more than once. */
  hookedForRetries<Input, Output>(options: BatchOptions<Input, Output>): BatchOptions<Input, Output> {
    return { ...options, onRetry: inTurn(this.#onRetry, options.onRetry) };
  }

  contains(): void {
    this.#contains = true;
    for (const outer of this.#outer) outer.contains();
  }

  /** What one of its requests has used. */
  spent({ inputTokens = 0, outputTokens = 0, cost }: Spending): void {
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    this.#cost += cost;
  }

  /** A request has ended. Its span stays open until the engine says which attempt it was. */
  answered(request: EndedRequest): void {
    if (this.#isHooked && !this.ended) this.#answered.push(request);
    else request.close(undefined);
  }

  /** What ended the batch early; undefined where every input has an outcome. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#tally === undefined || this.#tally.status === "completed" ? undefined : { error: this.#tally.reason };
  }

  /** Ends the batch's span: as an error, where the caller gets `failure`. */
  end(failure: { readonly error: unknown } | undefined): void {
    if (this.ended) return;
    this.ended = true;
    for (const request of this.#answered.splice(0)) request.close(undefined);
    quietly(() => {
      this.#span?.setAttributes({ ...outcomeAttributes(this.#tally), ...this.#spendings() });
      if (failure === undefined) return;
      this.#span?.setAttributes(failureAttributes(failure.error));
      this.#span?.setStatus({ code: SpanStatusCode.ERROR });
    });
    quietly(() => this.#span?.end());
  }

  readonly #onRequest = (event: RequestEvent): void => {
    // The engine tells of calls in the order in which they ended.
    const at = this.#answered.findIndex((request) => request.inputs === event.inputs);
    if (at >= 0) this.#answered.splice(at, 1)[0]?.close(event.attempt);
  };

  /** What has been counted further inside comes along from there: nothing is to be recorded here. */
  readonly #onReport = ({ usage }: CallReport): void => {
    if (isCounted(usage)) this.#contains = true;
  };

  readonly #onToldRequest = (event: RequestEvent): void => {
    if (this.#contains) return;
    for (const outer of this.#outer) outer.contains();
    this.spent(recordToldRequest(this.recorder, event, this.#told?.price, this.context));
  };

  readonly #onRetry = ({ error, attempt, delayMs, inputs }: RetryEvent): void => {
    const { instruments, requestAttributes } = this.recorder;
    quietly(() => {
      instruments?.retries.add(1, { ...requestAttributes, [ATTRIBUTE.errorType]: errorType(error) }, this.context);
    });
    quietly(() => {
      this.#span?.addEvent(RETRY_EVENT, {
        ...failureAttributes(error),
        [ATTRIBUTE.requestAttempt]: attempt,
        [ATTRIBUTE.requestInputs]: inputs,
        [ATTRIBUTE.retryDelay]: delayMs / 1000,
      });
    });
  };

  readonly #onProgress = ({ done, failed }: Progress): void => {
    this.#countFulfilled(done - failed);
  };

  readonly #onFinish = (report: FinishReport): void => {
    this.#count(report);
  };

  #count(tally: Tally): void {
    this.#tally = tally;
    const { instruments, requestAttributes } = this.recorder;
    const { fulfilled, failures, unfinished, waitedMs = 0 } = tally;
    this.#countFulfilled(fulfilled);
    for (const [code, rejected] of Object.entries(failures)) {
      this.#countItems(rejected, { [ATTRIBUTE.outcome]: "rejected", [ATTRIBUTE.errorType]: typeOfCode(code) });
    }
    this.#countItems(unfinished, { [ATTRIBUTE.outcome]: "unfinished" });
    if (waitedMs > 0) quietly(() => instruments?.waitTime.add(waitedMs / 1000, requestAttributes, this.context));
  }

  #countFulfilled(fulfilled: number): void {
    this.#countItems(fulfilled - this.#counted, { [ATTRIBUTE.outcome]: "fulfilled" });
    this.#counted = fulfilled;
  }

  #countItems(items: number, outcome: Attributes): void {
    if (items <= 0 || this.#outer.length > 0) return;
    const { instruments, requestAttributes } = this.recorder;
    quietly(() => instruments?.items.add(items, { ...requestAttributes, ...outcome }, this.context));
  }

  /** Where no request has a span of its own, the batch's is the one to hold what the conventions ask for. */
  #spendings(): Attributes {
    const { requestSpans } = this.recorder;
    const [input, output] = requestSpans
      ? [ATTRIBUTE.batchInputTokens, ATTRIBUTE.batchOutputTokens]
      : [ATTRIBUTE.inputTokens, ATTRIBUTE.outputTokens];
    return {
      ...(this.#inputTokens > 0 && { [input]: this.#inputTokens }),
      ...(this.#outputTokens > 0 && { [output]: this.#outputTokens }),
      ...(this.#cost > 0 && { [ATTRIBUTE.batchCost]: this.#cost }),
    };
  }
}
