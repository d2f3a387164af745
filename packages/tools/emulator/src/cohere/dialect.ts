import type { Dialect } from "../server/route.ts";
import { invalid, refuse, requestId } from "./errors.ts";

/** Refusals and headers of Cohere. */
export const cohere: Dialect = {
  name: "cohere",
  processingHeader: undefined,
  unauthorized: (key, id) => refuse(401, key === undefined ? "no api key supplied" : "invalid api token", id),
  notFound: (_method, _path, id) => refuse(404, "404 page not found", id),
  wrongMethod: (_method, _path, id) => refuse(405, "method not allowed", id),
  tooLarge: (limit, id) => refuse(413, `request body is larger than ${limit} bytes`, id),
  notJson: (id) => invalid("the request body is not valid JSON", id),
  notForm: (id) => invalid("expected the body to be multipart/form-data", id),
  // Cohere never names a time to wait.
  rateLimited: (hit, pool, { id }) =>
    refuse(
      429,
      hit === undefined
        ? `You have reached the rate limit of ${pool}.`
        : `You have reached the rate limit of ${pool}: ${hit.limit} ${hit.kind} / minute.`,
      id,
    ),
  quotaUsedUp: (id) => refuse(402, "Billing limit reached: add or update a payment method.", id),
  // The body has no field for a position: only the message can name it.
  badInput: (name, { id }) =>
    invalid(name === undefined ? "an input cannot be processed" : `${name} cannot be processed`, id),
  serverError: (status, id) =>
    refuse(status, status === 500 ? "internal server error" : "service temporarily unavailable", id),
  headers(pool, nowMs, { id, settings }) {
    const headers: Record<string, string> = { "x-debug-trace-id": requestId(id).replaceAll("-", "") };
    const state = settings.headers === "none" ? undefined : pool?.states(nowMs).requests;
    if (state !== undefined) {
      headers["x-trial-endpoint-call-limit"] = String(state.limit);
      headers["x-trial-endpoint-call-remaining"] = String(state.remaining);
    }
    return headers;
  },
};
