export type {
  Adapter,
  AdapterKinds,
  AdapterPurpose,
  AdapterUse,
  OptionSchemas,
  RerankInput,
  RerankScore,
} from "./adapter.ts";
export { autoBatch, type AutoBatchOptions } from "./compose/auto-batch.ts";
export { bulkRunnable, invokeThroughBatch, runnable } from "./compose/functions.ts";
export { withConfig, withRetry } from "./compose/with-config.ts";
export { withFallbacks } from "./compose/with-fallbacks.ts";
export { type Clock, sleep, systemClock } from "./clock.ts";
export type { Completed, Fulfilled, Rejected } from "./completed.ts";
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
} from "./errors.ts";
export type { JobBackend, JobCallOptions, JobCaps, JobLine, JobRow, JobState } from "./job-backend.ts";
export type {
  BatchOptions,
  CallOptions,
  CallReport,
  Inputs,
  Outcomes,
  Price,
  RequestLimits,
  RetryOptions,
  RunnableSettings,
  RunOptions,
  Usage,
  Weight,
} from "./options.ts";
export { rateLimiter, type RateLimiterOptions } from "./limits/local-rate-limiter.ts";
export type {
  Demand,
  LimitFacts,
  RateLimiter,
  RateLimitFacts,
  Reservation,
  ReserveOptions,
  Settlement,
} from "./limits/rate-limiter.ts";
export { sharedRateLimiter } from "./limits/shared-rate-limiter.ts";
export type { Estimate, FinishReport, FinishStatus, Progress, RequestEvent, RetryEvent, TotalUsage } from "./report.ts";
export { type HeadersLike, retryAfterMs } from "./retry-after.ts";
export { isRunnable, Runnable, type RunnableLike } from "./runnable.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
