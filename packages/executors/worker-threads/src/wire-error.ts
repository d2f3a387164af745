import {
  ArgumentError,
  BatchError,
  BatchwiseError,
  BudgetError,
  InputError,
  ProviderError,
  ResultError,
  TimeoutError,
  toError,
} from "@batchwise/core";
import { WorkerCrashError, WorkerLoadError } from "./errors.ts";
import { isCloneable } from "./transfer.ts";

/** Error as plain data. The structured clone of an Error would lose its class and its fields. */
export interface EncodedError {
  /** The JavaScript class that it extends. */
  readonly native: string;
  /** Batchwise's classes that it extends, the nearest first; undefined for any other error. */
  readonly lineage: readonly string[] | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: EncodedCause;
  /** The errors of an AggregateError. */
  readonly errors?: readonly EncodedError[];
}

type EncodedCause = { readonly error: EncodedError } | { readonly value: unknown };

/** Turns a thrown value into plain data. A cause or field that cannot be cloned is left out. */
export function encodeError(thrown: unknown): EncodedError {
  return encode(toError(thrown), LONGEST_CHAIN);
}

/**
 * Makes the error again, with its name, message, stack, fields and cause, so that `isInstance` of the same Batchwise
 * classes holds. A class that only the worker knows becomes the nearest that is known here.
 */
export function decodeError(encoded: EncodedError): Error {
  const error =
    encoded.errors === undefined
      ? new (NATIVE[encoded.native] ?? Error)(encoded.message)
      : new AggregateError(encoded.errors.map(decodeError), encoded.message);
  if (encoded.lineage !== undefined) {
    const known = encoded.lineage.find((kind) => kind in BATCHWISE) ?? "BatchwiseError";
    Object.setPrototypeOf(error, BATCHWISE[known]!.prototype as object);
    Object.defineProperty(error, LINEAGE, { value: encoded.lineage });
    if (BatchError.isInstance(error)) Object.defineProperty(error, "outcomes", { value: [] });
  }
  for (const [key, value] of Object.entries(encoded.fields)) define(error, key, value, true);
  if (error.name !== encoded.name) define(error, "name", encoded.name, false);
  define(error, "stack", encoded.stack, false);
  if (encoded.cause !== undefined) {
    define(error, "cause", "error" in encoded.cause ? decodeError(encoded.cause.error) : encoded.cause.value, false);
  }
  return error;
}

const LINEAGE = Symbol.for("batchwise.error");
const LONGEST_CHAIN = 16;

/** Fields that are kept even where a class gives them by a getter. */
const DECIDING = ["code", "status", "retryable"];
const OWN_PLACE = new Set(["name", "message", "stack", "cause", "errors"]);

/** Native classes, the most special first; Error takes what is left. */
const NATIVE: Readonly<Record<string, new (message: string) => Error>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  Error,
};

const BATCHWISE: Readonly<Record<string, { readonly prototype: unknown }>> = {
  BatchwiseError,
  ArgumentError,
  BatchError,
  BudgetError,
  InputError,
  ProviderError,
  ResultError,
  TimeoutError,
  WorkerCrashError,
  WorkerLoadError,
};

function encode(error: Error, left: number): EncodedError {
  const lineage = (error as { [LINEAGE]?: unknown })[LINEAGE];
  const errors: unknown = error instanceof AggregateError ? error.errors : undefined;
  const cause = encodeCause(error, left);
  return {
    native: Object.keys(NATIVE).find((name) => error instanceof NATIVE[name]!) ?? "Error",
    lineage: Array.isArray(lineage) ? lineage.map(String) : undefined,
    name: error.name,
    message: error.message,
    stack: typeof error.stack === "string" ? error.stack : undefined,
    fields: fieldsOf(error),
    ...(cause === undefined ? {} : { cause }),
    ...(Array.isArray(errors) && left > 0 ? { errors: errors.map((each) => encode(toError(each), left - 1)) } : {}),
  };
}

function encodeCause(error: Error, left: number): EncodedCause | undefined {
  if (error.cause === undefined || left === 0) return undefined;
  if (error.cause instanceof Error) return { error: encode(error.cause, left - 1) };
  return isCloneable(error.cause) ? { value: error.cause } : undefined;
}

function fieldsOf(error: Error): Record<string, unknown> {
  const from = error as unknown as Record<string, unknown>;
  const fields: Record<string, unknown> = {};
  for (const key of [...Object.keys(error), ...DECIDING.filter((each) => each in error)]) {
    if (!OWN_PLACE.has(key) && isCloneable(from[key])) fields[key] = from[key];
  }
  return fields;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
}
