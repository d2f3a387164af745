import { type CallOptions, type CallReport, ProviderError } from "@batchwise/core";
import { errorOf, isFree, networkError, word } from "./errors.ts";
import { rateLimitsOf } from "./headers.ts";
import type { Connection } from "./options.ts";

/**
 * Sends one request and resolves to its answer, a JSON object. Reports what the response tells beside it.
 *
 * @throws ProviderError, as `errors.ts` says, or the signal's reason
 */
export async function post<Answer extends object>(
  connection: Connection,
  path: string,
  body: object,
  { signal, report }: CallOptions,
): Promise<Partial<Answer>> {
  signal?.throwIfAborted();
  const request = {
    method: "POST",
    headers: { authorization: `Bearer ${connection.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  };
  let response: Response;
  let text: string;
  try {
    response = await connection.fetch(`${connection.baseURL}${path}`, request);
    report?.(factsOf(response.headers));
    text = await response.text();
  } catch {
    signal?.throwIfAborted();
    throw networkError();
  }
  const answer = parse(text);
  if (!response.ok) {
    if (isFree(response.status)) report?.({ usage: { inputTokens: 0, outputTokens: 0 } });
    throw errorOf(response.status, response.headers, answer);
  }
  if (typeof answer === "object" && answer !== null) return answer;
  throw new ProviderError("Expected a JSON object, came something else. Try again later, or check `baseURL`.", {
    status: response.status,
    retryable: true,
  });
}

/** What a response tells beside its answer. */
function factsOf(headers: Headers): CallReport {
  const limits = rateLimitsOf(headers);
  const requestId = word(headers.get("x-request-id"));
  return { ...(limits === undefined ? {} : { limits }), ...(requestId === undefined ? {} : { requestId }) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
