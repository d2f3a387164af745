import {
  type Blame,
  type Dialect,
  type Failure,
  failureOf,
  networkError,
  systemCode,
  timedOut,
  word,
} from "@batchwise/adapter-kit";
import { ProviderError } from "@batchwise/core";
import { APIConnectionTimeoutError } from "openai";
import { rateLimitsOf } from "./headers.ts";

/** Ways of OpenAI in errors and headers, Azure's request id included. */
export const DIALECT: Dialect = {
  provider: "the provider",
  key: "OPENAI_API_KEY",
  requestId: ["x-request-id", "apim-request-id"],
  limits: rateLimitsOf,
};

/**
 * Words of batches besides those of live requests: the account's tokens that wait would be too many, until others are done
 * (OpenAI's and Azure's, which says it for a deployment: openai/openai-python#2084), or the server lost the batch half-way
 * (BerriAI/litellm-docs#1567, stdapi-ai/stdapi.ai#240, llm-d/llm-d-batch-gateway#121).
 */
export const JOB_DIALECT: Dialect = {
  ...DIALECT,
  codes: [
    [/^token_limit_exceeded$/, "rate_limited"],
    [/^(runner_lost|batch_(failed|expired|cancelled))$/, "provider_error"],
  ],
};

/** Tells whether a code means something of its own for jobs. */
export function isJobCode(code: string | undefined): boolean {
  return JOB_DIALECT.codes!.some(([pattern]) => pattern.test((code ?? "").toLowerCase()));
}

/**
 * Tells whether a part of the body is an input's, for endpoints whose inputs are in `input`. Only what every request has in
 * common is not: a name that was never sent, such as vLLM's `input_tokens`, speaks of the input.
 */
export function ownsInput(param: string): boolean {
  return !/^(\$\.)?(model|dimensions|encoding_format|user)\b/.test(param);
}

/** Reads an error of the SDK's. */
export function sdkFailure(thrown: unknown, timeoutMs: number, blame: Blame): Failure {
  if (thrown instanceof APIConnectionTimeoutError) {
    // The SDK calls what the network gave up, or Node, a time-out of its own.
    const isOwn = systemCode(thrown) === undefined;
    return { error: isOwn ? timedOut(timeoutMs) : networkError(thrown, DIALECT) };
  }
  return failureOf(thrown, DIALECT, blame) ?? { error: withoutResponse(thrown) };
}

function withoutResponse(thrown: unknown): Error {
  // Errors of any copy of the SDK have this field, set or not.
  if (thrown instanceof Error && "requestID" in thrown) return networkError(thrown, DIALECT);
  const name = thrown instanceof Error ? (word(thrown.name) ?? "Error") : typeof thrown;
  return new ProviderError(
    `Expected a request that can be made, got a failure while it was (${name}). ` +
      `Check the client's options, and that the input can be JSON.`,
    { code: "invalid_argument", retryable: false },
  );
}
