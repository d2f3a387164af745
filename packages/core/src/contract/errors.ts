import { kindOf } from "./kind-of.ts";
import { ERROR_KINDS } from "./marks.ts";
import type { Outcomes } from "./outcome.ts";

/** Kind of failure, in one stable word. `onFinish` groups failures by it. */
export type ErrorCode =
  | "invalid_argument"
  | "invalid_input"
  | "invalid_result"
  | "timeout"
  | "authentication"
  | "quota_exceeded"
  | "rate_limited"
  | "request_too_large"
  | "provider_error"
  | "network_error"
  | "worker_crashed"
  | "budget_exceeded"
  | "batch_failed"
  | "unknown";

/** Options that every Batchwise error takes. */
export interface BatchwiseErrorOptions extends ErrorOptions {
  /** @default the class's own code */
  readonly code?: ErrorCode | undefined;
}

/**
 * The root of every error that Batchwise makes. Use `isInstance` to recognise one: unlike `instanceof`
 * it also holds when two copies of the package are installed.
 *
 * A message says what was expected, what was got, and what to do. It never holds an input or a key.
 */
export class BatchwiseError extends Error {
  /** The class's name, written out so that a minifier cannot change it. */
  static readonly kind: string = "BatchwiseError";
  /** Code of an error that is given none. */
  static readonly code: ErrorCode = "unknown";
  /** Kind of failure, in one stable word. */
  readonly code: ErrorCode;
  /** True where the same call may succeed later. */
  readonly retryable: boolean = false;

  constructor(message: string, options: BatchwiseErrorOptions = {}) {
    super(message, options);
    this.name = new.target.kind;
    this.code = options.code ?? new.target.code;
    Object.defineProperty(this, ERROR_KINDS, { value: lineage(new.target) });
  }

  /** Tells whether `value` is an error of this class, from this copy of the package or another. */
  static isInstance<Class extends (abstract new (...args: never[]) => BatchwiseError) & { readonly kind: string }>(
    this: Class,
    value: unknown,
  ): value is InstanceType<Class> {
    const marks = (value as { [ERROR_KINDS]?: unknown } | null | undefined)?.[ERROR_KINDS];
    return Array.isArray(marks) && marks.includes(this.kind);
  }
}

/** An argument or option that the called function cannot work with. Nothing was sent. */
export class ArgumentError extends BatchwiseError {
  static override readonly kind: string = "ArgumentError";
  static override readonly code: ErrorCode = "invalid_argument";
}

/** Options of an error that speaks of one input of a request. */
export interface InputErrorOptions extends BatchwiseErrorOptions {
  /** Position of the bad input within the request, from 0, where the provider names it. */
  readonly position?: number | undefined;
}

/** This input can never succeed: too long, empty, or rejected by the provider. Its neighbours can. */
export class InputError extends BatchwiseError {
  static override readonly kind: string = "InputError";
  static override readonly code: ErrorCode = "invalid_input";
  /** Position of the bad input within the request, from 0, where the provider names it. */
  readonly position: number | undefined;

  constructor(message: string, options: InputErrorOptions = {}) {
    super(message, options);
    this.position = options.position;
  }
}

/** A response that breaks its promise: wrong count, order or shape, or refused by the schema. */
export class ResultError extends BatchwiseError {
  static override readonly kind: string = "ResultError";
  static override readonly code: ErrorCode = "invalid_result";
}

/** One call took longer than `timeoutMs`. It may succeed when tried again. */
export class TimeoutError extends BatchwiseError {
  static override readonly kind: string = "TimeoutError";
  static override readonly code: ErrorCode = "timeout";
  override readonly retryable: boolean = true;
}

/** A cap that the caller set (`maxCost`, `maxTokens`) was reached. Finished outcomes are kept. */
export class BudgetError extends BatchwiseError {
  static override readonly kind: string = "BudgetError";
  static override readonly code: ErrorCode = "budget_exceeded";
}

/** Options of an error that a provider's answer is mapped to. */
export interface ProviderErrorOptions extends BatchwiseErrorOptions {
  /** HTTP status, where there was a response. */
  readonly status?: number | undefined;
  /** The provider's own code, as it spells it. */
  readonly providerCode?: string | undefined;
  /** The provider's id of the request, for its support. */
  readonly requestId?: string | undefined;
  /** True where the same call may succeed later. Decided here once, from status and code. */
  readonly retryable: boolean;
  /** Milliseconds that the provider asks to wait before the next call. */
  readonly retryAfterMs?: number | undefined;
  /** Position of the bad input within the request, from 0, where the provider names it. */
  readonly position?: number | undefined;
}

/** An answer of a provider that is not a result. */
export class ProviderError extends BatchwiseError {
  static override readonly kind: string = "ProviderError";
  static override readonly code: ErrorCode = "provider_error";
  override readonly retryable: boolean;
  readonly status: number | undefined;
  readonly providerCode: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly position: number | undefined;

  constructor(message: string, options: ProviderErrorOptions) {
    super(message, options);
    this.retryable = options.retryable;
    this.status = options.status;
    this.providerCode = options.providerCode;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
    this.position = options.position;
  }
}

/**
 * A batch that could not give all its outputs. `cause` is the first failure, and `outcomes` holds everything
 * that had finished by then, in input order: work that was paid for is not thrown away.
 */
export class BatchError<Input = unknown, Output = unknown> extends BatchwiseError {
  static override readonly kind: string = "BatchError";
  static override readonly code: ErrorCode = "batch_failed";
  /** Every outcome that was there when the batch ended, in input order. */
  declare readonly outcomes: Outcomes<Input, Output>;

  constructor(message: string, options: BatchwiseErrorOptions & { readonly outcomes: Outcomes<Input, Output> }) {
    const { cause, outcomes } = options;
    const first = outcomes.find((each) => each.status === "rejected" && each.reason === cause);
    // The message of an error that is not ours may hold an input.
    const words = BatchwiseError.isInstance(cause) ? ` ${cause.message}` : "";
    super(message + (first ? ` Input ${first.index} failed.` : "") + words, options);
    // Not enumerable: a logger that prints the error's fields would print the inputs.
    Object.defineProperty(this, "outcomes", { value: outcomes });
  }
}

/** `value` itself where it is an Error; otherwise an Error whose `cause` is `value`. */
export function toError(value: unknown): Error {
  if (value instanceof Error) return value;
  if (Object.prototype.toString.call(value) === "[object Error]") return value as Error;
  return new BatchwiseError(`Expected an Error to be thrown, got ${kindOf(value)}. The value is in \`cause\`.`, {
    cause: value,
  });
}

/** The stable word for any error: its own `code` where it is Batchwise's, "unknown" otherwise. */
export function codeOf(error: unknown): ErrorCode {
  return BatchwiseError.isInstance(error) ? error.code : "unknown";
}

function lineage(target: typeof BatchwiseError): string[] {
  const kinds = new Set<string>();
  for (let each = target; each.kind !== undefined; each = Object.getPrototypeOf(each) as typeof BatchwiseError) {
    kinds.add(each.kind);
  }
  return [...kinds];
}
