import type { CodeRow, Dialect, Verdict } from "./dialect.ts";
import type { Refusal } from "./refusal.ts";

/** Inputs' part of a request. */
export interface Blame {
  /**
   * Tells whether a part of the body belongs to an input. The part that all requests have in common does not.
   * @default a request without inputs: none is ever to blame
   */
  readonly owns?: ((param: string) => boolean) | undefined;
  /** Place of each input of the body among those of the call. @default in the same place */
  readonly positions?: readonly number[] | undefined;
}

/** For calls of which no part is known to be common to all. */
export const ANY_INPUT: Blame = { owns: () => true };

/** Codes of OpenAI's API, which gateways and other servers use too. Source: its API reference, checked 2026-11-24. */
const CODES: readonly CodeRow[] = [
  [/^(insufficient_quota|credit_balance_exhausted|\w+_(spend|usage)_limit_exceeded)$/, "quota_exceeded"],
  [/^(model_not_found|invalid_model|DeploymentNotFound)$/, "invalid_argument"],
  [/^max_tokens_per_request$/, "request_too_large"],
  [/^(rate_limit_exceeded|slow_down)$/, "rate_limited"],
  [/^(server_error|server_is_overloaded|vector_store_timeout)$/, "provider_error"],
  [
    /^(context_length_exceeded|content_filter|content_policy_violation|invalid_prompt|string_above_max_length)$/,
    "invalid_input",
  ],
];
/** `invalid_image_url`, `image_too_large`, `bio_policy` and their like: of an input, unless the status says more. */
const OF_INPUT = /(^|_)(image|policy)(_|$)/;

/** Statuses with a meaning. Others may pass from 500 on, and can't succeed below. */
const STATUSES: Readonly<Record<number, Verdict>> = {
  400: "invalid_input",
  401: "authentication",
  402: "quota_exceeded",
  403: "authentication",
  408: "provider_error",
  409: "provider_error",
  413: "request_too_large",
  422: "invalid_input",
  425: "provider_error",
  429: "rate_limited",
};

/** Verdicts that no parameter changes. */
const SURE: ReadonlySet<Verdict> = new Set(["authentication", "quota_exceeded", "rate_limited", "request_too_large"]);

/**
 * Judges a refusal: decided here and nowhere else, from status and code alone, never from words in a message (P30).
 * A code says more than a status, and a provider's own rows more than those that many share.
 *
 * `x-should-retry: true` is heeded where status and code say nothing. `x-should-retry: false` is not: trying again what its
 * status calls temporary costs a few calls, giving it up would cost results.
 */
export function judge(refusal: Refusal, dialect: Dialect, { owns }: Blame): Verdict {
  const { status, param, headers } = refusal;
  const named = byCode(refusal, dialect.codes) ?? byCode(refusal, CODES);
  const verdict = named ?? byStatus(status, dialect.statuses);
  if (verdict === "rate_limited" && isTooMuch(refusal, dialect)) return "request_too_large";
  if (SURE.has(verdict)) return verdict;
  if (owns !== undefined && (named === "invalid_input" || OF_INPUT.test(refusal.code ?? ""))) return "invalid_input";
  if (named !== undefined && named !== "invalid_input") return named;
  if (verdict === "provider_error" || headers?.get("x-should-retry") === "true") return "provider_error";
  if (owns === undefined || verdict === "invalid_argument") return "invalid_argument";
  // Where no parameter is named, one input may be to blame.
  return param === undefined || owns(param) ? "invalid_input" : "invalid_argument";
}

/** Tells whether the same call may succeed later. */
export function isPassing(verdict: Verdict): boolean {
  return verdict === "rate_limited" || verdict === "provider_error";
}

/** Tells whether a refused call costs no tokens, so that what was reserved for it can be given back (P28). */
export function isFree(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && ![408, 409, 499].includes(status);
}

function byCode({ code, type }: Refusal, rows: readonly CodeRow[] = []): Verdict | undefined {
  return rows.find(([pattern]) => pattern.test(code ?? "") || pattern.test(type ?? ""))?.[1];
}

function byStatus(status: number | undefined, own: Dialect["statuses"]): Verdict {
  // Without a status, or with a good one, it stood in the middle of an answer, and nothing more is known of it.
  if (status === undefined) return "provider_error";
  return own?.[status] ?? STATUSES[status] ?? (status < 400 || status >= 500 ? "provider_error" : "invalid_argument");
}

/** Tells whether all of a minute's tokens are left: a request that they do not suffice for would wait forever. */
function isTooMuch({ type, headers }: Refusal, dialect: Dialect): boolean {
  const { limit, remaining } = (type === "tokens" && headers && dialect.limits?.(headers)?.tokens) || {};
  return limit !== undefined && remaining !== undefined && remaining >= limit;
}
