import { ProviderError, type ProviderErrorOptions, TimeoutError } from "@batchwise/core";
import { codeWord, systemCode } from "./causes.ts";
import { connectionAdvice } from "./connection-advice.ts";
import { type Dialect, requestIdOf, type Verdict } from "./dialect.ts";
import { type Blame, isPassing, judge } from "./judge.ts";
import type { Refusal } from "./refusal.ts";
import { waitOf } from "./wait.ts";

/** The error for a refusal: status, codes and what follows from them (P26), and no word of the provider's (P35). */
export function providerError(refusal: Refusal, dialect: Dialect, blame: Blame = {}): ProviderError {
  const { status, headers } = refusal;
  const verdict = judge(refusal, dialect, blame);
  const providerCode = codeWord(refusal.code) ?? codeWord(refusal.type);
  const retryable = isPassing(verdict);
  const position = verdict === "invalid_input" ? positionOf(refusal, blame.positions) : undefined;
  const retryAfterMs = retryable ? waitOf(headers, refusal.waitMs) : undefined;
  const shown = [status === undefined ? "an error" : `status ${status}`, providerCode && `(${providerCode})`];
  const advice = adviceFor(verdict, refusal, dialect, { position, retryAfterMs });
  return new ProviderError(`Expected an answer from ${dialect.provider}, got ${shown.join(" ").trim()}. ${advice}`, {
    code: verdict,
    retryable,
    status,
    providerCode,
    position,
    requestId: (headers && requestIdOf(headers, dialect)) ?? refusal.requestId,
    retryAfterMs,
  });
}

/**
 * Error for an answer that is missing, or not whole.
 *
 * @param origin what is known of it, such as the status of an answer that broke off
 */
export function networkError(
  thrown: unknown,
  { provider }: Dialect,
  origin: Partial<ProviderErrorOptions> = {},
): ProviderError | TimeoutError {
  const code = systemCode(thrown);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") return nodeTimedOut();
  const got = origin.status === undefined ? "a connection that failed" : "one that broke off";
  return new ProviderError(
    `Expected an answer from ${provider}, got ${got}${code === undefined ? "" : ` (${code})`}. ${connectionAdvice(code)}`,
    { code: "network_error", retryable: true, providerCode: code, ...origin },
  );
}

/** Node's own limit, which is none of the caller's. */
function nodeTimedOut(): TimeoutError {
  return new TimeoutError(
    "Expected headers, or more of an answer, within the 300 s that Node's own `fetch` waits, got none. " +
      "Install the package `undici`, or pass a `fetch` that waits longer.",
  );
}

/** An answer with a good status that is not JSON. */
export function notJson({ provider }: Dialect, origin: Partial<ProviderErrorOptions> = {}): ProviderError {
  const status = origin.status === undefined ? "" : ` (${origin.status})`;
  return new ProviderError(
    `Expected JSON from ${provider}, got something else${status}: cut off, or from a proxy. ` +
      `Try again later; if it goes on, check the API's address.`,
    { retryable: true, ...origin },
  );
}

/** Events where JSON was asked for. The server would send them again: nothing is tried again. */
export function eventsInstead({ provider }: Dialect, origin: Partial<ProviderErrorOptions> = {}): ProviderError {
  return new ProviderError(
    `Expected JSON from ${provider}, got a stream of events, which was not asked for. ` +
      `Turn streaming off at the server or the proxy behind the API's address.`,
    { code: "invalid_argument", retryable: false, ...origin },
  );
}

/** The call took longer than it may. */
export function timedOut(timeoutMs?: number): TimeoutError {
  const within = timeoutMs === undefined ? "the client's own timeout" : `timeoutMs (${timeoutMs} ms)`;
  return new TimeoutError(`Expected an answer within ${within}, got none. Allow it more time, or send less at once.`);
}

function adviceFor(
  verdict: Verdict,
  { status, param }: Refusal,
  { key }: Dialect,
  { position, retryAfterMs }: Pick<ProviderErrorOptions, "position" | "retryAfterMs">,
): string {
  switch (verdict) {
    case "authentication":
      return `Check ${key === undefined ? "the key" : `${key} or the option \`apiKey\``}, and what the key may use.`;
    case "quota_exceeded":
      return "The account has used up what it may spend: add credit, or raise its limit.";
    case "rate_limited":
      return `The rate limit is reached: try again ${retryAfterMs === undefined ? "later" : `in ${retryAfterMs / 1000} s`}, or send less at once.`;
    case "invalid_result":
      return "The model did not answer in the form that was asked for: try again, ask for less, or use another model.";
    case "request_too_large":
      return "Send fewer or shorter inputs in one request.";
    case "invalid_input":
      return position === undefined
        ? `Change the input, or leave it out; where every input is refused, check the options, the model and the API's address${pathOf(status)}.`
        : `Input ${position} of the request can't succeed as it is: change it, or leave it out.`;
    case "invalid_argument":
      return `${codeWord(param) === undefined ? "The request" : `\`${param}\``} is refused whatever the inputs are: check the model, the options and the API's address.`;
    default:
      if (status === undefined)
        return `Try again later; if it goes on, check the options, the model and the API's address${pathOf(404)}.`;
      return status < 400
        ? "The answer was cut off, or is not what it should be: try again later."
        : "Try again later.";
  }
}

/** Part of an address that is easily left out, where nothing is found without it. */
function pathOf(status: number | undefined): string {
  return status === 404 || status === 405 ? ", its path (such as /v1) included" : "";
}

/** Place that the provider names, or that is in `input[17]` or `input.17`. */
function positionOf({ position, param }: Refusal, positions: readonly number[] | undefined): number | undefined {
  const [, bracketed, dotted] = /^(?:\$\.)?input(?:\[(\d+)\]|\.(\d+))(?!\w)/.exec(param ?? "") ?? [];
  const named = bracketed ?? dotted;
  const place = position ?? (named === undefined ? undefined : Number(named));
  return place === undefined || positions === undefined ? place : positions[place];
}
