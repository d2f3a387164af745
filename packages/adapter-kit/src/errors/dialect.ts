import type { CallReport, ErrorCode, HeadersLike, RateLimitFacts } from "@batchwise/core";
import { word } from "./causes.ts";

/** Meaning of a refusal. */
export type Verdict = Extract<
  ErrorCode,
  | "authentication"
  | "quota_exceeded"
  | "rate_limited"
  | "request_too_large"
  | "invalid_input"
  | "invalid_argument"
  | "invalid_result"
  | "provider_error"
>;

/** Meaning of the codes that a pattern matches. */
export type CodeRow = readonly [pattern: RegExp, verdict: Verdict];

/** Parts of a refusal's body, by the names that `Refusal` has for them. */
export type RefusalParts = { readonly [Name in "code" | "type" | "param" | "position"]?: unknown };

/** Ways of one provider that others do not have. */
export interface Dialect {
  /** Its name, for messages. */
  readonly provider: string;
  /** The variable of the environment that holds the key, for messages. */
  readonly key?: string;
  /** Headers of every request that is plain JSON. @default the key in `authorization: Bearer` */
  readonly headers?: (apiKey: string) => Readonly<Record<string, string>>;
  /** Codes that mean something else here than with others, or nothing with others. They are asked first. */
  readonly codes?: readonly CodeRow[];
  /** Statuses that mean something else here than with others. */
  readonly statuses?: Readonly<Record<number, Verdict>>;
  /**
   * Parts of a refusal's body, where they stand elsewhere than most servers have them: `{ error: { code, type, param } }`.
   * Anything that is not a text, or a position from 0, is as good as left out.
   */
  readonly refusal?: (body: Readonly<Record<string, any>>) => RefusalParts;
  /** Names of the headers that may hold the request's id. @default x-request-id */
  readonly requestId?: readonly string[];
  /** Reads the limits in a response's headers. @default nothing is read */
  readonly limits?: (headers: HeadersLike) => RateLimitFacts | undefined;
}

/** Facts in a response's headers, as a report. */
export function factsOf(headers: HeadersLike | undefined, dialect: Dialect): CallReport {
  if (headers === undefined) return {};
  return { requestId: requestIdOf(headers, dialect), limits: dialect.limits?.(headers) };
}

/** The provider's id of the request. */
export function requestIdOf(headers: HeadersLike, dialect: Dialect): string | undefined {
  const ids = (dialect.requestId ?? ["x-request-id"]).map((name) => word(headers.get(name)));
  return ids.find((id) => id !== undefined);
}
