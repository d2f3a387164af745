import type { Price, RequestEvent } from "@batchwise/core";
import type { Context } from "@opentelemetry/api";
import { failureAttributes } from "./failure-attributes.ts";
import { ATTRIBUTE } from "./names.ts";
import { quietly } from "./quietly.ts";
import { describeRequest, measureRequest, startRequestSpan } from "./request-facts.ts";
import { Spending } from "./spending.ts";
import type { Recorder } from "./telemetry.ts";

/** Records a request of which the engine has told when it was over. Its span was never active. Returns what it used. */
export function recordToldRequest(
  recorder: Recorder,
  { inputs, attempt, durationMs, usage, requestId, error }: RequestEvent,
  price: Price | undefined,
  parent: Context,
): Spending {
  const spending = new Spending(price);
  spending.report({ ...(usage && { usage }), ...(requestId !== undefined && { requestId }) }, undefined);
  const facts = { inputs, durationMs, spending, failure: error && failureAttributes(error), rejected: 0 };
  measureRequest(recorder, facts, parent);
  if (!recorder.requestSpans) return spending;
  const span = startRequestSpan(recorder, inputs, parent, Date.now() - durationMs);
  if (span === undefined) return spending;
  describeRequest(span, facts);
  quietly(() => span.setAttribute(ATTRIBUTE.requestAttempt, attempt));
  quietly(() => span.end());
  return spending;
}
