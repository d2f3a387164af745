import type { Attributes, Context, Span } from "@opentelemetry/api";
import { ATTRIBUTE } from "./names.ts";
import { quietly } from "./quietly.ts";
import type { Tally } from "./tally.ts";
import type { Recorder } from "./telemetry.ts";

/** The method by which a batch was started. */
export type Method = "batch" | "batchAsCompleted" | "batchInOrder" | "invoke";

/** The span of a batch, which is not active yet. */
export function startBatchSpan(
  { tracer, requestSpans, subject, attributes, requestAttributes }: Recorder,
  method: Method,
  size: number | undefined,
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

/** How a batch ended; one without a tally has never begun. */
export function outcomeAttributes(tally: Tally | undefined): Attributes {
  if (tally === undefined) return { [ATTRIBUTE.batchStatus]: "failed" };
  const { status, fulfilled, rejected, unfinished, requests, retries, waitedMs } = tally;
  return {
    [ATTRIBUTE.batchStatus]: status,
    [ATTRIBUTE.batchSize]: fulfilled + rejected + unfinished,
    [ATTRIBUTE.batchFulfilled]: fulfilled,
    [ATTRIBUTE.batchRejected]: rejected,
    [ATTRIBUTE.batchUnfinished]: unfinished,
    ...(requests !== undefined && { [ATTRIBUTE.batchRequests]: requests }),
    ...(retries !== undefined && { [ATTRIBUTE.batchRetries]: retries }),
    ...(waitedMs !== undefined && { [ATTRIBUTE.batchWaitTime]: waitedMs / 1000 }),
  };
}
