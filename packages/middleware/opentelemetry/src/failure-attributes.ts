import { BatchError, BatchwiseError, codeOf } from "@batchwise/core";
import type { Attributes } from "@opentelemetry/api";
import { ATTRIBUTE } from "./names.ts";

/** Type of an error of which nothing better is known, by the conventions. */
const OTHER = "_OTHER";

/** Type of an end that the caller wished for. */
export const ABORTED = "aborted";

/**
 * Attributes of an error: its code, its class and its HTTP status. Never its message, its stack or any other field, which
 * may hold an input or a key.
 */
export function failureAttributes(error: unknown): Attributes {
  const failure = BatchError.isInstance(error) ? (error.cause ?? error) : error;
  const status = statusOf(failure);
  return {
    [ATTRIBUTE.errorType]: errorType(failure),
    [ATTRIBUTE.errorClass]: classOf(failure),
    ...(status !== undefined && { [ATTRIBUTE.httpStatus]: status }),
  };
}

/** Code of an error; its class where it has none. */
export function errorType(error: unknown): string {
  if (BatchError.isInstance(error) && error.cause !== undefined) return errorType(error.cause);
  const code = codeOf(error);
  return code === "unknown" ? classOf(error) : code;
}

/** The same for a code alone. */
export function typeOfCode(code: string): string {
  return code === "unknown" ? OTHER : code;
}

/** Name of an error's class, which an author has written; its own `name` could be anything. */
function classOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return OTHER;
  if (BatchwiseError.isInstance(error)) return identifier(error.name);
  const made: unknown = error.constructor?.name;
  if (made !== "DOMException") return identifier(made);
  const { name } = error as DOMException;
  return DOM_ERRORS.has(name) ? name : made;
}

/** Errors with which signals are aborted. */
const DOM_ERRORS: ReadonlySet<string> = new Set(["AbortError", "TimeoutError"]);

function identifier(name: unknown): string {
  return typeof name === "string" && /^[A-Za-z_$][\w$]{0,99}$/.test(name) ? name : OTHER;
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { status, statusCode } = error as { readonly status?: unknown; readonly statusCode?: unknown };
  return [status, statusCode].find((each): each is number => Number.isInteger(each) && isHttp(each as number));
}

function isHttp(status: number): boolean {
  return status >= 100 && status <= 599;
}
