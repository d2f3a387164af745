import type { Call } from "@batchwise/core";
import { type Attributes, type Context, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { ATTRIBUTE } from "./names.ts";
import { quietly } from "./quietly.ts";
import type { Recorder } from "./recorder.ts";
import type { Spending } from "./spending.ts";

/** Facts of a request that has ended. */
export interface RequestFacts {
  readonly inputs: number;
  readonly durationMs: number;
  readonly spending: Spending;
  /** Attributes of the error with which it ended. */
  readonly failure: Attributes | undefined;
  /** Inputs that failed alone. */
  readonly rejected: number;
}

/** Starts the span of a request, which is not active yet. */
export function startRequestSpan(
  { tracer, subject, isRemote, requestAttributes }: Recorder,
  { inputs, attempt }: Call,
  parent: Context,
): Span | undefined {
  const options = {
    kind: isRemote ? SpanKind.CLIENT : SpanKind.INTERNAL,
    attributes: {
      ...requestAttributes,
      [ATTRIBUTE.requestInputs]: inputs.length,
      [ATTRIBUTE.requestAttempt]: attempt,
    },
  };
  return quietly(() => tracer?.startSpan(subject === "" ? "request" : subject, options, parent));
}

/** Writes on a request's span how it ended. */
export function describeRequest(span: Span, { spending, failure, rejected }: RequestFacts): void {
  const { inputTokens, outputTokens, cost, requestId } = spending;
  quietly(() => {
    span.setAttributes({
      ...failure,
      ...(inputTokens !== undefined && { [ATTRIBUTE.inputTokens]: inputTokens }),
      ...(outputTokens !== undefined && { [ATTRIBUTE.outputTokens]: outputTokens }),
      ...(cost > 0 && { [ATTRIBUTE.requestCost]: cost }),
      ...(requestId !== undefined && { [ATTRIBUTE.requestId]: requestId }),
      ...(rejected > 0 && { [ATTRIBUTE.requestRejected]: rejected }),
    });
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  });
}

/** Measures a request that has ended. */
export function measureRequest(recorder: Recorder, facts: RequestFacts, context: Context): void {
  const { instruments, requestAttributes } = recorder;
  if (instruments === undefined) return;
  const { inputTokens = 0, outputTokens = 0, cost } = facts.spending;
  const errorType = facts.failure?.[ATTRIBUTE.errorType];
  const ended =
    errorType === undefined ? requestAttributes : { ...requestAttributes, [ATTRIBUTE.errorType]: errorType };
  const tokens = (type: "input" | "output"): Attributes => ({ ...requestAttributes, [ATTRIBUTE.tokenType]: type });
  quietly(() => {
    instruments.operationDuration.record(facts.durationMs / 1000, ended, context);
    instruments.requests.add(1, ended, context);
    instruments.requestInputs.record(facts.inputs, requestAttributes, context);
    if (inputTokens > 0) instruments.tokenUsage.record(inputTokens, tokens("input"), context);
    if (outputTokens > 0) instruments.tokenUsage.record(outputTokens, tokens("output"), context);
    if (cost > 0) instruments.cost.add(cost, requestAttributes, context);
  });
}
