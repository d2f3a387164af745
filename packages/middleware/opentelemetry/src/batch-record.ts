import type { BatchInfo, BatchListeners, FinishReport, RetryEvent } from "@batchwise/core";
import { type Attributes, type Context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { isThrown, outcomeAttributes, startBatchSpan } from "./batch-facts.ts";
import { enclosing } from "./enclosing.ts";
import { errorType, failureAttributes, typeOfCode } from "./failure-attributes.ts";
import { ATTRIBUTE, RETRY_EVENT } from "./names.ts";
import { activeContext, quietly } from "./quietly.ts";
import type { Recorder } from "./recorder.ts";
import type { Spending } from "./spending.ts";

const records = new WeakMap<BatchInfo, BatchRecord>();

/** The record of a batch, where it is recorded. */
export function recordOf(batch: BatchInfo): BatchRecord | undefined {
  return records.get(batch);
}

/** Tells whether a batch is nested in another one that is recorded. */
function isPart({ parent }: BatchInfo): boolean {
  return parent !== undefined && (records.has(parent.batch) || isPart(parent.batch));
}

/** Record of one batch: its span, its retries, and its items. */
export class BatchRecord {
  /** Context with the batch's span in it. */
  readonly context: Context;
  /** Listeners by which the engine tells of the batch. */
  readonly listeners: BatchListeners;
  readonly #recorder: Recorder;
  readonly #info: BatchInfo;
  readonly #span: Span | undefined;
  /** True where its items are parts of one that counts already. */
  readonly #isNested: boolean;
  #inputTokens = 0;
  #outputTokens = 0;
  #cost = 0;
  /** Items that have been counted as fulfilled. */
  #counted = 0;

  constructor(recorder: Recorder, info: BatchInfo) {
    const parent = activeContext();
    this.#recorder = recorder;
    this.#info = info;
    this.#isNested = isPart(info) || enclosing(info.parent, parent).length > 0;
    this.#span = startBatchSpan(recorder, info, parent);
    this.context = this.#span === undefined ? parent : trace.setSpan(parent, this.#span);
    this.listeners = {
      onProgress: recorder.instruments && (({ done, failed }) => this.#countFulfilled(done - failed)),
      onRetry: (event) => this.#retried(event),
      onFinish: (report) => this.#finished(report),
    };
    records.set(info, this);
  }

  /** Adds what one of its requests has used. */
  spent({ inputTokens = 0, outputTokens = 0, cost }: Spending): void {
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    this.#cost += cost;
  }

  #retried({ error, attempt, delayMs, inputs }: RetryEvent): void {
    const { instruments, requestAttributes } = this.#recorder;
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
  }

  #finished(report: FinishReport): void {
    this.#measure(report);
    quietly(() => {
      this.#span?.setAttributes({ ...outcomeAttributes(report, this.#info.size), ...this.#spendings() });
      if (!isThrown(this.#info, report)) return;
      this.#span?.setAttributes(failureAttributes(report.reason));
      this.#span?.setStatus({ code: SpanStatusCode.ERROR });
    });
    quietly(() => this.#span?.end());
  }

  #measure({ fulfilled, failures, unfinished, waitedMs }: FinishReport): void {
    const { instruments, requestAttributes } = this.#recorder;
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
    if (items <= 0 || this.#isNested) return;
    const { instruments, requestAttributes } = this.#recorder;
    quietly(() => instruments?.items.add(items, { ...requestAttributes, ...outcome }, this.context));
  }

  /** Usage that the conventions ask for, on the batch's span where no request has one of its own. */
  #spendings(): Attributes {
    const { requestSpans } = this.#recorder;
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
