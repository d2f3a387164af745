import {
  type Blame,
  causesOf,
  type Dialect,
  type Failure,
  failureOf,
  fieldsOf,
  networkError,
  NO_USAGE,
  notJson,
  socketError,
  timedOut,
} from "@batchwise/adapter-kit";
import { InputError } from "@batchwise/core";
import { rateLimitsOf } from "./headers.ts";

/** Ways of Cohere in errors and headers: https://docs.cohere.com/reference/errors, checked 2026-11-24. */
export const DIALECT: Dialect = {
  provider: "Cohere",
  key: "CO_API_KEY",
  requestId: ["x-debug-trace-id"],
  limits: rateLimitsOf,
  statuses: {
    // A word in the request or in its answer is on Cohere's deny list.
    498: "invalid_input",
    // Canceled on Cohere's side.
    499: "provider_error",
    501: "invalid_argument",
  },
};

/** Reads an error of the SDK's. One that the SDK did not make passes as it is. */
export function sdkFailure(thrown: unknown, blame: Blame): Failure {
  if (fieldsOf(thrown)?.["name"] === "CohereTimeoutError") return { error: timedOut() };
  const failure = failureOf(thrown, DIALECT, blame);
  if (failure !== undefined) return failure;
  // Errors of any copy of the SDK have these fields, set or not.
  if (thrown instanceof Error && "statusCode" in thrown && "rawResponse" in thrown) {
    return { error: brokenOff(thrown.cause) };
  }
  const path = pathOf(thrown);
  if (path === undefined) return { error: thrown as Error };
  // The SDK's own check: of a response ("response" is first in the path), or of what was to be sent.
  return path[0] === "response" ? { error: notJson(DIALECT) } : { error: malformed(), usage: NO_USAGE };
}

/** Error for a response that is missing, or broke off. */
export function brokenOff(cause?: unknown): Error {
  // The SDK's own timeout aborts with this word as the reason.
  if (cause === "timeout") return timedOut();
  // What the SDK could not parse.
  if (causesOf(cause).some(({ name }) => name === "SyntaxError")) return notJson(DIALECT);
  return networkError(cause, DIALECT, { cause: socketError(cause) });
}

/** Tells whether the SDK's default transport could not read a body with a good status, and gave this in its place. */
export function isUnreadable(data: unknown): boolean {
  const { ok, error } = fieldsOf(data) ?? {};
  return ok === false && fieldsOf(error)?.["reason"] === "non-json";
}

function malformed(): InputError {
  return new InputError(
    "Expected an input of the shape that Cohere's API takes, got one that the SDK refuses. Check it against the types.",
  );
}

/** Path at which the SDK's check of a request or response found a fault; undefined for other errors. */
function pathOf(thrown: unknown): readonly unknown[] | undefined {
  const [first] = (fieldsOf(thrown)?.["errors"] as readonly { readonly path?: unknown }[] | undefined) ?? [];
  return Array.isArray(first?.path) ? first.path : undefined;
}
