import { type ErrorCode, type HeadersLike, ProviderError, retryAfterMs } from "@batchwise/core";
import { rateLimitsOf } from "./headers.ts";

/** What a provider's refusal says of itself. Its message is left out on purpose: it may quote an input or the key. */
export interface Refusal {
  /** HTTP status; undefined for an error inside of an answer. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly type: string | undefined;
  /** The part of the request that is to blame. */
  readonly param: string | undefined;
  readonly headers: HeadersLike | undefined;
}

/** What of a request is its inputs'. */
export interface InputParts {
  /**
   * Whether a part of the body belongs to an input. What all requests have in common does not.
   * @default a request without inputs: none is ever to blame
   */
  readonly owns?: (param: string) => boolean;
  /** Where each input of the body stands among those of the call. @default in the same place */
  readonly positions?: readonly number[];
}

/** For endpoints whose inputs are in `input`. */
export function ownsInput(param: string): boolean {
  return /^(\$\.)?input\b/.test(param);
}

/**
 * The error for a refusal. Here it is decided, once and from status and code alone, whether to try again (P30), whether
 * an input is to blame, and whether the whole run ends.
 *
 * `x-should-retry: true` is heeded where status and code say nothing. `x-should-retry: false` is not: trying again what
 * its status calls temporary costs a few calls, giving it up would cost results.
 */
export function errorOf(refusal: Refusal, parts: InputParts): ProviderError {
  const { status, headers } = refusal;
  const verdict = judge(refusal, parts);
  const providerCode = word(refusal.code) ?? word(refusal.type);
  const shown = [status, providerCode].filter((part) => part !== undefined).join(" ") || "no status";
  const retryable = RETRYABLE.has(verdict);
  const position = verdict === "invalid_input" ? positionOf(refusal.param, parts.positions) : undefined;
  const waitMs = retryable && headers !== undefined ? retryAfterMs(headers) : undefined;
  return new ProviderError(MESSAGES[verdict](shown, position, word(refusal.param)), {
    code: verdict,
    retryable,
    ...(status === undefined ? {} : { status }),
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(headers === undefined ? {} : idOf(headers)),
    ...(position === undefined ? {} : { position }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** Whether a refused call costs no tokens, so that what was reserved for it can be given back (P28). */
export function isFree(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409;
}

/** The provider's id of the request, as an error and a report take it. */
export function idOf(headers: HeadersLike): { readonly requestId?: string } {
  const requestId = word(headers.get("x-request-id") ?? headers.get("apim-request-id"));
  return requestId === undefined ? {} : { requestId };
}

/** A short word, as APIs use them for codes. Anything else may quote what was sent. */
export function word(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.$[\]-]{1,80}$/.test(text) ? text : undefined;
}

type Verdict = Extract<
  ErrorCode,
  | "authentication"
  | "quota_exceeded"
  | "rate_limited"
  | "request_too_large"
  | "invalid_input"
  | "invalid_argument"
  | "provider_error"
>;

const RETRYABLE: ReadonlySet<Verdict> = new Set(["rate_limited", "provider_error"]);

type Message = (shown: string, position: number | undefined, param: string | undefined) => string;

const MESSAGES: Readonly<Record<Verdict, Message>> = {
  authentication: (shown) =>
    `The provider refuses the API key (${shown}). Check OPENAI_API_KEY or the option \`apiKey\`, and what the key may use.`,
  quota_exceeded: (shown) =>
    `The account has used up what it may spend (${shown}). Add credit, or raise the limit in its settings.`,
  rate_limited: (shown) => `The provider's rate limit is reached (${shown}). Try again later, or send less at once.`,
  request_too_large: (shown) =>
    `The request is larger than the provider takes (${shown}). Send fewer or shorter inputs in one request.`,
  invalid_input: (shown, position) =>
    `The provider refuses ${position === undefined ? "an input" : `input ${position} of the request`} (${shown}). ` +
    `It can't succeed as it is: change it, or leave it out.`,
  invalid_argument: (shown, _position, param) =>
    `The provider refuses ${param === undefined ? "the request" : `\`${param}\` of the request`}, whatever its inputs ` +
    `are (${shown}). Check the model, the options and \`baseURL\`.`,
  provider_error: (shown) => `The provider failed for the moment (${shown}). Try again later.`,
};

function judge({ status, code, type, param, headers }: Refusal, parts: InputParts): Verdict {
  const says = (names: ReadonlySet<string>): boolean => names.has(code ?? "") || names.has(type ?? "");
  if (status === 402 || says(QUOTA)) return "quota_exceeded";
  if (says(MODEL)) return "invalid_argument";
  if (status === 401 || status === 403) return "authentication";
  if (status === 413 || says(TOO_LARGE) || (type === "tokens" && areUnused(headers))) return "request_too_large";
  if (status === 429 || says(RATE_LIMITED)) return "rate_limited";
  if (parts.owns !== undefined && (says(INPUT) || OF_INPUT.test(code ?? ""))) return "invalid_input";
  if (isTemporary(status) || says(TEMPORARY) || headers?.get("x-should-retry") === "true") return "provider_error";
  if (parts.owns === undefined) return "invalid_argument";
  if (param !== undefined) return parts.owns(param) ? "invalid_input" : "invalid_argument";
  // OpenAI says of a text that is too long only that the request is invalid: one input may be to blame.
  return status === 400 || status === 422 ? "invalid_input" : "invalid_argument";
}

const QUOTA: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
]);
const MODEL: ReadonlySet<string> = new Set(["model_not_found", "invalid_model", "DeploymentNotFound"]);
const TOO_LARGE: ReadonlySet<string> = new Set(["max_tokens_per_request"]);
const RATE_LIMITED: ReadonlySet<string> = new Set(["rate_limit_exceeded", "slow_down"]);
const TEMPORARY: ReadonlySet<string> = new Set(["server_error", "server_is_overloaded", "vector_store_timeout"]);
const INPUT: ReadonlySet<string> = new Set([
  "context_length_exceeded",
  "content_filter",
  "content_policy_violation",
  "invalid_prompt",
  "string_above_max_length",
]);
/** `invalid_image_url`, `image_too_large`, `bio_policy` and their like. */
const OF_INPUT = /(^|_)(image|policy)(_|$)/;

/** Whether all of a minute's tokens are left: a request that they do not suffice for would wait for ever. */
function areUnused(headers: HeadersLike | undefined): boolean {
  const { limit, remaining } = (headers && rateLimitsOf(headers)?.tokens) ?? {};
  return limit !== undefined && remaining !== undefined && remaining >= limit;
}

function isTemporary(status: number | undefined): boolean {
  // Without a status it came in the middle of an answer, and nothing more is known of it.
  return status === undefined || status === 408 || status === 409 || status === 425 || status >= 500;
}

/** From `input[17]` or `input.17`. */
function positionOf(param: string | undefined, positions: readonly number[] | undefined): number | undefined {
  const found = /^(?:\$\.)?input(?:\[(\d+)\]|\.(\d+))(?!\w)/.exec(param ?? "");
  if (found === null) return undefined;
  const place = Number(found[1] ?? found[2]);
  return positions === undefined ? place : positions[place];
}
