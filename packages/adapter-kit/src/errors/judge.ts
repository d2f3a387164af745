import { snake } from "./causes.ts";
import type { CodeRow, Dialect, Verdict } from "./dialect.ts";
import type { Refusal } from "./refusal.ts";
import { waitOf } from "./wait.ts";

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

/**
 * Codes and types of refusals, in lower case with `_` between words (`AccountOverdueError` is `account_overdue_error`), of
 * OpenAI's API, of other servers that speak its language, and of gateways. The first that matches counts. A word that some
 * servers use for everything, such as `api_error` or `quota_exceeded`, is none of them: there the status says more.
 *
 * Sources, checked 2026-11-24: https://developers.openai.com/api/docs/guides/error-codes,
 * https://openrouter.ai/docs/api/reference/errors-and-debugging, https://console.groq.com/docs/errors,
 * https://help.aliyun.com/en/model-studio/error-code, https://www.volcengine.com/docs/82379/1299023, and the issues that
 * the tests name.
 */
const CODES: readonly CodeRow[] = [
  // Groq's model has written what is not the JSON, or the call of a tool, that was asked for.
  [/^(json_validate|tool_use)_failed$/, "invalid_result"],
  // OpenRouter: money that calls in flight may still cost, free again in a moment; and Alibaba's tokens of a minute.
  [/in_flight_budget|^token_limit$/, "rate_limited"],
  [/^(weight_exceeds_budget|max_tokens_per_request)$/, "request_too_large"],
  // Money that is spent, in the words of many servers. A money word alone says nothing of it.
  [
    /(^|_)(arrear\w*|overdue|billing|payment_required|low_balance|customer_verification|(usage|cost|key|spend|spending|credits?|budget)_limit)(_|$)|^blocked_api_access$/,
    "quota_exceeded",
  ],
  // The days, weeks and packs of a plan, or what an account allows itself.
  [
    /(^|_)(free_tier_(only|daily)|(current|account|service)_quota|quota_(exhausted|failed|reached)|(daily|weekly|monthly)_limit|(pack|charge)_(resource_)?exhaust(ed)?)(_|$)|^(limit_exceeded_exception|set_limit_exceeded|user_limit_error)$/,
    "quota_exceeded",
  ],
  [/(^|_)(insufficient|not_enough|out_of)_(\w+_)?(quota|balance|credits?|funds?)(_|$)/, "quota_exceeded"],
  [
    /(^|_)(budget|balance|credits?|funds?)_(\w+_)?(exceeded|exhausted|depleted|reached|insufficient|error)|^openrouter_(credits|\w+_budget)$/,
    "quota_exceeded",
  ],
  // The numbers of z.ai, MiniMax and SiliconFlow for it or for the end of a plan's hours, and Cloudflare's for a day's allocation.
  [/^(1113|13(04|08|09|10|1[6-9]|2[01])|1008|2056|30001|30011|3036|4006)$/, "quota_exceeded"],
  // The key, and nothing else, be it how the server looks at keys; with MiniMax's numbers for it.
  [
    /^(?!.*(limit|timeout|unavailable|internal)).*(^|_)(api_key|(invalid|incorrect|missing|no|wrong|revoked|expired|disabled|deleted)_key|account_deactivated|organization_restricted|access_terminated|unrecognized_client|expired_token|consumer_(suspended|invalid)|access_token|(un)?auth(_error|enticat|oriz)\w*)(_|$)|^(1004|2049)$/,
    "authentication",
  ],
  // The model, or the place that calls come from.
  [
    /(^|_)((model|deployment)_(\w+_)?(not_found|not_exist|not_supported|not_open|decommissioned)|(invalid|unknown|unsupported)_(model|deployment|country))(_|$)/,
    "invalid_argument",
  ],
  // The numbers are Baidu's.
  [/^((\w+_)?rate_limit\w*|slow_down|too_many_requests|throttling\w*|33650[12])$/, "rate_limited"],
  [/(^|_)(server_error|\w*overloaded|capacity_exceeded|timeout)(_|$)/, "provider_error"],
  [
    /^(context_length_exceeded|content_filter|content_policy_violation|invalid_prompt|string_above_max_length)$/,
    "invalid_input",
  ],
];
/**
 * `invalid_image_url`, `bio_policy`, `moderation_blocked` and their like: of an input, unless the status says more; and the
 * numbers that MiniMax, z.ai and Cloudflare's guardrails have for it.
 */
const OF_INPUT =
  /(^|_)(image|policy|moderation|content_filter|sensitive|safety|guardrails?|inspection|risk_detection)(_|$)|^(1026|1027|1301|2016|2017|2030)$/;

/**
 * Statuses with a meaning. Any other from 500 on may pass, and any other from 400 on blames the request: a firewall answers
 * 403, 404 or 405 to words that it does not like.
 */
const STATUSES: Readonly<Record<number, Verdict>> = {
  401: "authentication",
  402: "quota_exceeded",
  407: "invalid_argument",
  408: "provider_error",
  409: "provider_error",
  413: "request_too_large",
  421: "provider_error",
  423: "provider_error",
  // A server behind the server: text-embeddings-inference, Bedrock, gateways.
  424: "provider_error",
  425: "provider_error",
  429: "rate_limited",
  // iFlow's 429.
  449: "rate_limited",
  // Groq has no room for a call of its flex tier: https://console.groq.com/docs/flex-processing, checked 2026-11-24.
  498: "provider_error",
  // The call was canceled on its way.
  499: "provider_error",
  // Not implemented, such as vectors by a server that was started without: it says nothing of how the server is.
  501: "invalid_input",
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
  const code = byCode(refusal, dialect.codes) ?? byCode(refusal, CODES);
  // new-api has the code of a model or a key where all that could answer for it are away for a moment: QuantumNous/new-api#6310.
  const isAway = status === 503 && (code === "invalid_argument" || code === "authentication");
  const named = isAway ? undefined : code;
  // A wait says that no input is to blame: Azure's API Management has it for a quota's period.
  const isAsked = status === 403 && waitOf(headers, undefined) !== undefined;
  const said = named ?? (isAsked ? "rate_limited" : byStatus(status, dialect.statuses));
  // A server that has no room for more says so with 429, too: text-embeddings-inference's "Overloaded".
  const verdict = said === "provider_error" && status === 429 ? "rate_limited" : said;
  if (verdict === "rate_limited" && isTooMuch(refusal, dialect)) return "request_too_large";
  if (SURE.has(verdict)) return verdict;
  if (owns !== undefined && (named === "invalid_input" || of(refusal, OF_INPUT))) return "invalid_input";
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
  return status !== undefined && status >= 400 && status < 500 && ![408, 409, 424, 499].includes(status);
}

function byCode(refusal: Refusal, rows: readonly CodeRow[] = []): Verdict | undefined {
  return rows.find(([pattern]) => of(refusal, pattern))?.[1];
}

/** Tells whether the code or the type matches, as it is or in lower case with `_` between its words. */
function of({ code = "", type = "" }: Refusal, pattern: RegExp): boolean {
  return [code, type].some((word) => pattern.test(word) || pattern.test(snake(word)));
}

function byStatus(status: number | undefined, own: Dialect["statuses"]): Verdict {
  // Without a status, or with a good one, it stood in the middle of an answer, and nothing more is known of it.
  if (status === undefined) return "provider_error";
  return own?.[status] ?? STATUSES[status] ?? (status < 400 || status >= 500 ? "provider_error" : "invalid_input");
}

/**
 * Tells whether a request that waits would wait forever: Groq refuses one that a minute's tokens do not suffice for with
 * 413; others with 429 while all of a minute's tokens are left.
 */
function isTooMuch({ status, type, headers }: Refusal, dialect: Dialect): boolean {
  if (status === 413) return true;
  const { limit, remaining } = (type === "tokens" && headers && dialect.limits?.(headers)?.tokens) || {};
  return limit !== undefined && remaining !== undefined && remaining >= limit;
}
