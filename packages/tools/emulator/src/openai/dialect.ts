import type { LimitHit } from "../limits/pool.ts";
import type { Refusal } from "../server/refusal.ts";
import type { Call, Dialect } from "../server/route.ts";
import { errorBody } from "./error-style.ts";
import { invalid, refuse } from "./errors.ts";
import { formatWait, limitHeaders, retryHeaders } from "./headers.ts";

/** Refusals and headers of OpenAI. */
export const openai: Dialect = {
  name: "openai",
  processingHeader: "openai-processing-ms",
  unauthorized: (key) =>
    key === undefined
      ? refuse(401, { message: "You didn't provide an API key. Send it as `Authorization: Bearer <key>`." })
      : refuse(401, { message: `Incorrect API key provided: ${mask(key)}.`, code: "invalid_api_key" }),
  notFound: (method, path) => refuse(404, { message: `Unknown request URL: ${method} ${path}.`, code: "unknown_url" }),
  wrongMethod: (method, path) => refuse(405, { message: `Method ${method} is not allowed for ${path}.` }),
  tooLarge: (limit) =>
    refuse(413, { message: `Maximum content size limit (${limit} bytes) exceeded.`, type: "server_error" }),
  notJson: () => invalid("We could not parse the JSON body of your request."),
  notForm: () => invalid("Invalid request: expected the body to be multipart/form-data."),
  rateLimited,
  quotaUsedUp: () =>
    refuse(429, {
      message: "You exceeded your current quota, please check your plan and billing details.",
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
  badInput: (name) =>
    name === undefined
      ? invalid("'$.input' is invalid. Please check the API reference.")
      : invalid(`Invalid '${name}': this input cannot be processed.`, name, "invalid_value"),
  serverError: (status) =>
    status === 500
      ? refuse(500, { message: "The server had an error while processing your request.", type: "server_error" })
      : refuse(503, {
          message: "The server is currently overloaded. Please try again later.",
          type: "server_error",
          code: "server_is_overloaded",
        }),
  errorBody: (refusal, { settings, dice }) => errorBody(settings.quirks.errors ?? "openai", refusal, dice),
  headers: (pool, nowMs, { id, dice, settings }) => ({
    "x-request-id": `req_${id}`,
    "openai-version": "2020-10-01",
    ...limitHeaders(pool, settings.headers, nowMs, dice),
  }),
};

function rateLimited(hit: LimitHit | undefined, pool: string, call: Call): Refusal {
  const { retryAfter, retryAfterMs = 1000 } = call.settings.faults;
  if (hit === undefined) {
    return refuse(
      429,
      { message: `Rate limit reached for ${pool}.`, type: "requests", code: "rate_limit_exceeded" },
      retryHeaders(retryAfterMs, retryAfter),
      retryAfterMs,
    );
  }
  const { kind, limit, used, requested } = hit;
  const unit = kind === "tokens" ? "tokens per min (TPM)" : UNITS[hit.per];
  const message = Number.isFinite(hit.waitMs)
    ? `Rate limit reached for ${pool} on ${unit}: Limit ${limit}, Used ${used}, Requested ${requested}. ` +
      `Please try again in ${formatWait(hit)}.`
    : `Request too large for ${pool} on ${unit}: Limit ${limit}, Requested ${requested}. ` +
      `The input or output tokens must be reduced in order to run successfully.`;
  const headers = retryHeaders(hit.waitMs, retryAfter);
  return refuse(429, { message, type: kind, code: "rate_limit_exceeded" }, headers, hit.waitMs);
}

const UNITS: Readonly<Record<LimitHit["per"], string>> = {
  second: "requests per sec (RPS)",
  minute: "requests per min (RPM)",
  day: "requests per day (RPD)",
};

/** Shows part of the key, as the real message does: a client must not pass it on. */
function mask(key: string): string {
  return key.length < 12 ? `${key.slice(0, 2)}***` : `${key.slice(0, 8)}${"*".repeat(8)}${key.slice(-4)}`;
}
