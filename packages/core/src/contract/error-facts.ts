import { BatchwiseError, codeOf, type ErrorCode } from "./errors.ts";

/** Facts that an error states of itself, read from the error or from those it wraps, never from its message. */
export interface ErrorFacts {
  readonly code: ErrorCode;
  readonly retryable: boolean | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly position: number | undefined;
  /** True where the request did not reach the provider: no input is to blame. */
  readonly isUnsent: boolean;
}

interface Carrier {
  readonly retryable?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly retryAfterMs?: unknown;
  readonly position?: unknown;
  readonly code?: unknown;
  readonly providerCode?: unknown;
  readonly cause?: unknown;
}

const RETRYABLE_STATUS = new Set([408, 409, 425, 429]);
/** Codes of the system for a connection that could not be made. */
const UNSENT_CODES: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const NETWORK_CODES: ReadonlySet<unknown> = new Set([
  ...UNSENT_CODES,
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);
const FATAL: ReadonlySet<ErrorCode> = new Set(["authentication", "quota_exceeded", "budget_exceeded"]);
/** Errors of a chain of causes that are looked at. */
const DEPTH = 5;

/** Reads an error and those it wraps: a wrapper must not hide a status or a decision (P26). */
export function factsOf(error: unknown): ErrorFacts {
  let code: ErrorCode = "unknown";
  let retryable: boolean | undefined;
  let status: number | undefined;
  let retryAfterMs: number | undefined;
  let position: number | undefined;
  let isUnsent = false;
  let each: unknown = error;
  for (let depth = 0; depth < DEPTH && typeof each === "object" && each !== null; depth++) {
    const carrier: Carrier = each;
    // The root class's own `false` is a default, not a decision: what it wraps may know better.
    const decided = !BatchwiseError.isInstance(each) || each.code !== "unknown" || each.retryable;
    if (code === "unknown") code = codeOf(each);
    if (decided && typeof carrier.retryable === "boolean") retryable ??= carrier.retryable;
    status ??= number(carrier.status) ?? number(carrier.statusCode);
    retryAfterMs ??= number(carrier.retryAfterMs);
    position ??= number(carrier.position);
    isUnsent ||= UNSENT_CODES.has(carrier.code) || UNSENT_CODES.has(carrier.providerCode);
    if (NETWORK_CODES.has(carrier.code)) {
      retryable ??= true;
      if (code === "unknown") code = "network_error";
    }
    each = carrier.cause;
  }
  if (code === "unknown" && status === 429) code = "rate_limited";
  return { code, retryable, status, retryAfterMs, position, isUnsent };
}

/** Tells whether the same call may succeed later: by the error's own word, else by its status, else yes. */
export function isRetryable(facts: ErrorFacts): boolean {
  if (facts.retryable !== undefined) return facts.retryable;
  if (facts.status !== undefined) return RETRYABLE_STATUS.has(facts.status) || facts.status >= 500;
  return true;
}

/**
 * Tells whether no other call can succeed either: the key is refused, the account's money is spent, or the provider refuses
 * what all requests have in common, such as the model.
 */
export function isFatal(facts: ErrorFacts): boolean {
  if (facts.code === "invalid_argument") return facts.status !== undefined;
  return FATAL.has(facts.code);
}

/** Tells whether the error says that it is about what was sent. Anything else may be an outage, and is not bisected forever. */
export function blamesInput(facts: ErrorFacts): boolean {
  if (facts.code === "invalid_input" || facts.code === "request_too_large" || facts.code === "provider_error")
    return true;
  return facts.status !== undefined && facts.status >= 400 && facts.status < 500;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
