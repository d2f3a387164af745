import {
  ArgumentError,
  BatchwiseError,
  BudgetError,
  codeOf,
  type ErrorCode,
  InputError,
  ProviderError,
  ResultError,
  TimeoutError,
} from "@batchwise/core";
import { WorkerLostError } from "../errors.ts";

/** Error as data: the fields that decide, and nothing that could hold an input or a key. */
export interface EncodedError {
  /** Batchwise's classes that it extends, the nearest first; undefined for any other error. */
  readonly lineage?: readonly string[];
  /** Left out for an error that is not Batchwise's: its message may hold an input or a key. */
  readonly message?: string;
  readonly name: string;
  readonly code: ErrorCode;
  readonly retryable?: boolean;
  readonly status?: number;
  readonly providerCode?: string;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
}

/** Takes from an error what may travel: no stack, no cause, no other fields. */
export function encodeError(error: Error): EncodedError {
  const lineage: unknown = Reflect.get(error, LINEAGE);
  const ours = BatchwiseError.isInstance(error) && Array.isArray(lineage);
  const facts: Record<string, unknown> = {};
  for (const [field, type] of FACTS) {
    const value: unknown = Reflect.get(error, field);
    if (typeof value === type) facts[field] = value;
  }
  return {
    ...facts,
    ...(ours ? { lineage: lineage.map(String), message: error.message } : {}),
    name: error.name,
    code: codeOf(error),
  };
}

/** Makes the error again, so that `isInstance` of the same classes holds. */
export function decodeError(encoded: EncodedError): Error {
  const { lineage, code, message = foreign(encoded.name) } = encoded;
  if (lineage === undefined) {
    const error = new BatchwiseError(message);
    // Its status and its `retryable` hold here as well.
    for (const [field] of FACTS) {
      if (encoded[field] !== undefined)
        Object.defineProperty(error, field, { value: encoded[field], enumerable: true });
    }
    return error;
  }
  const [own = "BatchwiseError"] = lineage;
  const Known = KINDS[lineage.find((kind) => Object.hasOwn(KINDS, kind)) ?? "BatchwiseError"]!;
  // A class that only the worker knows: the nearest that is known here, under its own name.
  const Kind = Object.hasOwn(KINDS, own) ? Known : named(Known, own);
  return new Kind(message, { ...encoded, code, retryable: encoded.retryable === true });
}

const LINEAGE = Symbol.for("batchwise.error");

const FACTS = [
  ["retryable", "boolean"],
  ["status", "number"],
  ["providerCode", "string"],
  ["requestId", "string"],
  ["retryAfterMs", "number"],
] as const satisfies readonly (readonly [keyof EncodedError, string])[];

type Kind = new (message: string, facts: EncodedError & { readonly retryable: boolean }) => BatchwiseError;

const KINDS: Readonly<Record<string, Kind>> = {
  ArgumentError,
  BatchwiseError,
  BudgetError,
  InputError,
  ProviderError,
  ResultError,
  TimeoutError,
  WorkerLostError,
};

function named(Known: Kind, name: string): Kind {
  return class extends Known {
    static readonly kind: string = name;
  };
}

function foreign(name: string): string {
  return (
    `Expected an output, got an error of class ${/^\w{1,60}$/.test(name) ? name : "Error"}. Its message stays with the ` +
    "worker, because it may hold an input or a key: see the worker's onError, or throw one of Batchwise's errors."
  );
}
