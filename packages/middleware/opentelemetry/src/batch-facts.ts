import type { BatchInfo, FinishReport } from "@batchwise/core";
import type { Attributes, Context, Span } from "@opentelemetry/api";
import { ATTRIBUTE } from "./names.ts";
import { quietly } from "./quietly.ts";
import type { Recorder } from "./recorder.ts";

/** Starts the span of a batch, which is not active yet. */
export function startBatchSpan(
  { tracer, requestSpans, subject, attributes, requestAttributes }: Recorder,
  { method, size }: BatchInfo,
  parent: Context,
): Span | undefined {
  const name = [method === "invoke" ? "invoke" : "batch", subject].filter((part) => part !== "").join(" ");
  const options = {
    attributes: {
      ...(requestSpans ? attributes : requestAttributes),
      [ATTRIBUTE.batchMethod]: method,
      ...(size !== undefined && { [ATTRIBUTE.batchSize]: size }),
    },
  };
  return quietly(() => tracer?.startSpan(name, options, parent));
}

/** Attributes of a batch that has ended. */
export function outcomeAttributes(report: FinishReport, size: number | undefined): Attributes {
  const { status, fulfilled, rejected, unfinished, requests, retries, waitedMs } = report;
  return {
    [ATTRIBUTE.batchStatus]: status,
    [ATTRIBUTE.batchSize]: size ?? fulfilled + rejected + unfinished,
    [ATTRIBUTE.batchFulfilled]: fulfilled,
    [ATTRIBUTE.batchRejected]: rejected,
    [ATTRIBUTE.batchUnfinished]: unfinished,
    [ATTRIBUTE.batchRequests]: requests,
    [ATTRIBUTE.batchRetries]: retries,
    [ATTRIBUTE.batchWaitTime]: waitedMs / 1000,
  };
}

/** Tells whether the caller of a batch gets its reason thrown. */
export function isThrown({ method, options }: BatchInfo, { status, reason }: FinishReport): boolean {
  if (status === "completed" || status === "failed") return status === "failed";
  if (method === "batch" || method === "invoke") return options.returnExceptions !== true;
  // A stream was aborted by its consumer, who left, or by the signal.
  return status !== "aborted" || reason === options.signal?.reason;
}
