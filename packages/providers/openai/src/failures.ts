import { type HeadersLike, ProviderError, TimeoutError } from "@batchwise/core";
import { APIConnectionTimeoutError } from "openai";
import { KeyError } from "./client.ts";
import { type InputParts, errorOf, type Refusal, word } from "./errors.ts";

/** A failed call as an error of ours, with the headers of the response, where one came. */
export interface Failure {
  readonly error: ProviderError | TimeoutError;
  readonly headers: HeadersLike | undefined;
}

/**
 * What the SDK threw, told anew: its messages quote the provider, which may quote an input or the key, and so may the
 * errors that they wrap. None of it is kept but status, codes and headers.
 */
export function failureOf(thrown: unknown, timeoutMs: number, parts: InputParts): Failure {
  const refusal = refusalOf(thrown);
  if (refusal !== undefined) return { error: errorOf(refusal, parts), headers: refusal.headers };
  return { error: withoutResponse(thrown, timeoutMs), headers: undefined };
}

/** An error object in an answer's body; some servers put the status there. */
export function refusalIn(error: object, headers?: HeadersLike): Refusal {
  const { code, type, param } = error as Record<string, unknown>;
  const status = typeof code === "number" && code >= 400 && code < 600 ? code : undefined;
  return { status, code: text(code), type: text(type), param: text(param), headers };
}

/** No answer came, or not all of it. The code is the system's, such as ECONNRESET. */
export function networkError(thrown: unknown, origin: { status?: number; requestId?: string } = {}): ProviderError {
  const code = systemCode(thrown);
  const what = origin.status === undefined ? "The connection to the provider failed" : "The answer broke off";
  return new ProviderError(
    `${what}${code === undefined ? "" : ` (${code})`}. Try again later; if it goes on, check the network and \`baseURL\`.`,
    { ...origin, code: "network_error", retryable: true },
  );
}

/** An answer with a good status that is no JSON. */
export function notJson(origin: { readonly status: number; readonly requestId?: string }): ProviderError {
  return new ProviderError(
    `Expected JSON from the provider, came something else (${origin.status}): cut off, or from a proxy. ` +
      `Try again later; if it goes on, check \`baseURL\`.`,
    { ...origin, retryable: true },
  );
}

/** Errors of any copy of the SDK have these fields, set or not. Only those with headers had a response. */
function refusalOf(thrown: unknown): Refusal | undefined {
  if (!(thrown instanceof Error) || !("requestID" in thrown) || !("headers" in thrown)) return undefined;
  const { status, headers, code, type, param } = thrown as unknown as Record<string, unknown>;
  if (typeof (headers as Partial<HeadersLike> | undefined)?.get !== "function") return undefined;
  return {
    status: typeof status === "number" ? status : undefined,
    code: text(code),
    type: text(type),
    param: text(param),
    headers: headers as HeadersLike,
  };
}

function withoutResponse(thrown: unknown, timeoutMs: number): ProviderError | TimeoutError {
  if (thrown instanceof APIConnectionTimeoutError) {
    return new TimeoutError(
      `The provider took longer than timeoutMs (${timeoutMs} ms) to answer. Allow it more time, or send less at once.`,
    );
  }
  const keyError = causes(thrown).find((each) => each instanceof KeyError);
  if (keyError !== undefined) return noKey(keyError);
  if (thrown instanceof Error && "requestID" in thrown) return networkError(thrown);
  const name = thrown instanceof Error ? (word(thrown.name) ?? "Error") : typeof thrown;
  return new ProviderError(
    `The request could not be made (${name}). Check the client's options, and that the input can be written as JSON.`,
    { code: "invalid_argument", retryable: false },
  );
}

/** The caller's own function is at fault: its error is the caller's to see. Where it threw, it may work another time. */
function noKey({ message, cause }: Error): ProviderError {
  if (cause === undefined) return new ProviderError(message, { code: "authentication", retryable: false });
  return new ProviderError(`${message} Its own error is in \`cause\`.`, {
    code: "network_error",
    retryable: true,
    cause,
  });
}

function systemCode(thrown: unknown): string | undefined {
  for (const each of causes(thrown)) {
    const { code } = each as { code?: unknown };
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
  }
  return undefined;
}

/** An error and what it wraps, at most a few. */
function causes(thrown: unknown): Error[] {
  const found: Error[] = [];
  for (let each = thrown; each instanceof Error && found.length < 5; each = each.cause) found.push(each);
  return found;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
