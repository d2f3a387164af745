import { ProviderError, ResultError } from "@batchwise/core";
import type { Dialect } from "./errors/dialect.ts";

/**
 * Tells whether a model stopped because something failed behind it: what it has said by then is not an answer.
 *
 * Sources, checked 2026-11-28: OpenRouter's errors guide and vercel/ai (`error`), Z.AI's (`network_error`) and DeepSeek's
 * (`insufficient_system_resource`) references of chat completions.
 */
export function isFailedFinish(reason: unknown): boolean {
  return typeof reason === "string" && FAILED.has(reason);
}

const FAILED: ReadonlySet<string> = new Set(["error", "network_error", "insufficient_system_resource"]);

/** Error for an answer that ended with such a reason (P51). */
export function failedFinish({ provider }: Dialect): ProviderError {
  return new ProviderError(
    `Expected a whole answer from ${provider}, got one that an error ended in the middle. Try again later.`,
    { status: 200, retryable: true },
  );
}

/** Error for a message with neither content nor tool calls. An empty text is an answer (P52). */
export function noAnswer(): ResultError {
  return new ResultError("Expected a message with content, got one without. Send it again, or use another model.");
}
