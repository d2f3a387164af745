export type {
  Adapter,
  AdapterInputs,
  AdapterKinds,
  AdapterPurpose,
  AdapterUse,
  OptionSchemas,
  RerankInput,
  RerankScore,
} from "./contract/adapter.ts";
export { autoBatch, type AutoBatchOptions } from "./compose/auto-batch.ts";
export { bulkRunnable, runnable } from "./compose/functions.ts";
export { invokeThroughBatch } from "./compose/invoke-through-batch.ts";
export { withConfig, withRetry } from "./compose/with-config.ts";
export { withFallbacks } from "./compose/with-fallbacks.ts";
export type { CallOptions, CallReport } from "./contract/call.ts";
export { type Clock, sleep, systemClock } from "./contract/clock.ts";
export {
  ArgumentError,
  BatchError,
  BatchwiseError,
  type BatchwiseErrorOptions,
  BudgetError,
  codeOf,
  type ErrorCode,
  InputError,
  type InputErrorOptions,
  ProviderError,
  type ProviderErrorOptions,
  ResultError,
  TimeoutError,
  toError,
} from "./contract/errors.ts";
export type { JobBackend, JobCallOptions, JobCaps, JobLine, JobRow, JobState } from "./contract/job-backend.ts";
export { CONTRACT_VERSION } from "./contract/marks.ts";
export type { BatchInfo, BatchListeners, Call, CallResult, Middleware } from "./contract/middleware.ts";
export type { Completed, Fulfilled, Outcomes, Rejected } from "./contract/outcome.ts";
export type {
  Demand,
  LimitFacts,
  RateLimiter,
  RateLimitFacts,
  Reservation,
  ReserveOptions,
  Settlement,
} from "./contract/rate-limiter.ts";
export type {
  Estimate,
  FinishReport,
  FinishStatus,
  Price,
  Progress,
  RequestEvent,
  RetryEvent,
  TokenPrices,
  TotalUsage,
  Usage,
} from "./contract/report.ts";
export type {
  BatchOptions,
  Inputs,
  RequestLimits,
  RetryOptions,
  RunnableLike,
  RunnableSettings,
  RunOptions,
  Weight,
} from "./contract/runnable.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./contract/standard-schema.ts";
export { rateLimiter } from "./rate-limit/local-rate-limiter.ts";
export type { RateLimiterOptions } from "./rate-limit/rate-limiter-options.ts";
export { type HeadersLike, retryAfterMs } from "./rate-limit/retry-after.ts";
export { sharedRateLimiter } from "./rate-limit/shared-rate-limiter.ts";
export { isRunnable, Runnable } from "./runnable.ts";
