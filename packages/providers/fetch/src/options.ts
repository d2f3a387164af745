import { ArgumentError, type Clock, type RateLimiter, type RetryOptions } from "@batchwise/core";

/**
 * What a response becomes: "json" (parsed, of unknown shape), "text" (decoded as UTF-8), "bytes", or what a function
 * makes of it. The function reads the body; what it leaves unread is dropped.
 */
export type FetchAs = "json" | "text" | "bytes" | ((response: Response) => unknown);

/** The output that `as` asks for. */
export type FetchOutput<As extends FetchAs> = As extends "text"
  ? string
  : As extends "bytes"
    ? Uint8Array<ArrayBuffer>
    : As extends (response: Response) => infer Result
      ? Awaited<Result>
      : unknown;

/** What one host may be asked for. */
export interface HostLimits {
  /** Requests in flight at once. A whole number from 1. @default as many as there are */
  readonly maxConcurrency?: number;
  /** Requests in any minute. @default unlimited */
  readonly requestsPerMinute?: number;
}

/** Options of Fetcher. */
export interface FetcherOptions<As extends FetchAs = FetchAs> {
  /** What a response becomes. @default "json" */
  readonly as?: As;
  /** Headers of every request. A `Request` that has a header of the same name keeps its own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What happens at a redirect, as `fetch` has it. @default "follow" */
  readonly redirect?: "follow" | "error" | "manual";
  /** Which statuses are results; any other is an error. @default 200 to 299 */
  readonly accept?: (status: number) => boolean;
  /** The most bytes that a body may have, once it is decompressed. @default Infinity */
  readonly maxBytes?: number;
  /** Milliseconds from a request's dispatch to the end of its body. Waiting for its host is not counted. @default 30_000 */
  readonly timeoutMs?: number;
  /**
   * Requests under way at once, those that wait for their host included. A whole number from 1, or Infinity.
   * @default 5; with `perHost`, 50
   */
  readonly maxConcurrency?: number;
  /** What each host (with its port) may be asked for, or a function that says so for a host. @default unlimited */
  readonly perHost?: HostLimits | ((host: string) => HostLimits | undefined);
  /** How failed requests are tried again; `false` for never. @default { attempts: 3 } */
  readonly retry?: RetryOptions | false;
  /**
   * Whether a request that may have an effect each time (POST, PATCH) is tried again too. @default false: only GET,
   * HEAD, PUT, DELETE and OPTIONS are
   */
  readonly retryAnyMethod?: boolean;
  /** A limiter for all hosts together, beside `perHost`. Its pauses are everybody's. @default none */
  readonly limiter?: RateLimiter;
  /** @default the global `fetch` */
  readonly fetch?: typeof fetch;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}

const KNOWN: readonly (keyof FetcherOptions)[] = [
  "as",
  "headers",
  "redirect",
  "accept",
  "maxBytes",
  "timeoutMs",
  "maxConcurrency",
  "perHost",
  "retry",
  "retryAnyMethod",
  "limiter",
  "fetch",
  "clock",
];

/** @throws ArgumentError for an option that cannot be worked with, and for one that does not exist */
export function checkOptions(options: FetcherOptions): void {
  const unknown = Object.keys(options).find((name) => !(KNOWN as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new ArgumentError(`Fetcher has no option \`${unknown}\`. Its options: ${KNOWN.join(", ")}.`);
  }
  const { as, headers, redirect, accept, maxBytes, timeoutMs, maxConcurrency, perHost } = options;
  check(
    "as",
    as,
    (value) => isOneOf(value, ["json", "text", "bytes"]) || isFunction(value),
    '"json", "text", "bytes" or a function',
  );
  check("headers", headers, isHeaders, "an object of names and values that a header can have");
  check(
    "redirect",
    redirect,
    (value) => isOneOf(value, ["follow", "error", "manual"]),
    '"follow", "error" or "manual"',
  );
  check("accept", accept, isFunction, "a function of a status");
  check("maxBytes", maxBytes, (value) => typeof value === "number" && value >= 0, "a number from 0");
  check("timeoutMs", timeoutMs, (value) => typeof value === "number" && value > 0, "a number above 0");
  check("maxConcurrency", maxConcurrency, isCount, "a whole number from 1, or Infinity");
  check(
    "perHost",
    perHost,
    (value) => isFunction(value) || isObject(value),
    "limits such as { maxConcurrency: 2 }, or a function",
  );
  if (typeof perHost === "object") checkHostLimits(perHost);
  check("retryAnyMethod", options.retryAnyMethod, (value) => typeof value === "boolean", "true or false");
  check("fetch", options.fetch, isFunction, "a function");
}

/** @throws ArgumentError for limits that are none */
export function checkHostLimits(limits: HostLimits): void {
  check("perHost.maxConcurrency", limits.maxConcurrency, isCount, "a whole number from 1, or Infinity");
  check(
    "perHost.requestsPerMinute",
    limits.requestsPerMinute,
    (value) => typeof value === "number" && value > 0,
    "a number above 0",
  );
}

function check(name: string, value: unknown, isValid: (value: unknown) => boolean, expected: string): void {
  if (value === undefined || isValid(value)) return;
  const came = typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
  throw new ArgumentError(`Expected \`${name}\` to be ${expected}, came ${came}. Correct it or leave it out.`);
}

/** What kind of value came, never the value. */
export function kindOf(value: unknown): string {
  if (value === "") return "an empty string";
  return value === null ? "null" : value === undefined ? "nothing" : `a value of type ${typeof value}`;
}

function isCount(value: unknown): boolean {
  return value === Infinity || (typeof value === "number" && Number.isSafeInteger(value) && value >= 1);
}

function isOneOf(value: unknown, words: readonly string[]): boolean {
  return words.some((word) => word === value);
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** An error about any other would come from `fetch`, and quote the value. */
function isHeaders(value: unknown): boolean {
  if (!isObject(value)) return false;
  try {
    const headers = new Headers(value);
    return [...headers].length === Object.keys(value).length;
  } catch {
    return false;
  }
}
