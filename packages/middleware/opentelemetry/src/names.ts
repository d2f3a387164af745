/**
 * Attributes. `gen_ai.*`, `error.type` and `http.*` are OpenTelemetry's, by semantic conventions 1.45 (2026-11-24);
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
export const ATTRIBUTE = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  model: "gen_ai.request.model",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  tokenType: "gen_ai.token.type",
  errorType: "error.type",
  httpStatus: "http.response.status_code",
  errorClass: "batchwise.error.class",
  outcome: "batchwise.outcome",
  batchMethod: "batchwise.batch.method",
  batchSize: "batchwise.batch.size",
  batchStatus: "batchwise.batch.status",
  batchFulfilled: "batchwise.batch.fulfilled",
  batchRejected: "batchwise.batch.rejected",
  batchUnfinished: "batchwise.batch.unfinished",
  batchRequests: "batchwise.batch.requests",
  batchRetries: "batchwise.batch.retries",
  batchWaitTime: "batchwise.batch.wait_time",
  batchCost: "batchwise.batch.cost",
  batchInputTokens: "batchwise.batch.input_tokens",
  batchOutputTokens: "batchwise.batch.output_tokens",
  requestInputs: "batchwise.request.inputs",
  requestAttempt: "batchwise.request.attempt",
  requestRejected: "batchwise.request.rejected",
  requestId: "batchwise.request.id",
  requestCost: "batchwise.request.cost",
  retryDelay: "batchwise.retry.delay",
} as const;

/** The event on a batch's span for each call that is going to be tried again. */
export const RETRY_EVENT = "batchwise.retry";

/** The instrumentation scope. */
export const SCOPE = "@batchwise/opentelemetry";
