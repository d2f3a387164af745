import {
  checkOption,
  type DefinedOptions,
  defineOptions,
  HTTP,
  type Option,
  type OptionGroup,
  type OptionsOf,
  PACE,
  type PaceOptions,
  withDefaults,
} from "@batchwise/adapter-kit";
import { ATTEMPTS, MAX_CONCURRENCY, TIMEOUT_MS } from "./limits.ts";

/**
 * Form of an output: "json" (parsed, of unknown shape), "text" (decoded as UTF-8), "bytes", or what a function
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

const HOST = {
  /** Requests in flight at once. A whole number from 1. @default as many as there are */
  maxConcurrency: { type: "integer", minimum: 1, endless: true, description: "requests in flight at once" },
  /** Requests in any minute. @default unlimited */
  requestsPerMinute: { type: "number", exclusiveMinimum: 0, endless: true, description: "requests in any minute" },
} as const;

/** Limits of one host. */
export interface HostLimits extends OptionsOf<typeof HOST> {}

const OWN = {
  /** Headers of every request. A `Request` that has a header of the same name keeps its own. */
  headers: {
    type: "object",
    writeOnly: true,
    description: "headers of every request; a `Request` keeps its own of the same name",
    holds: isHeaders,
    expected: "an object of names and values that a header can have",
  } as Option<Readonly<Record<string, string>>>,
  /** Treatment of a redirect, as `fetch` has it. @default "follow" */
  redirect: {
    type: "string",
    enum: ["follow", "error", "manual"],
    description: "what happens at a redirect, as `fetch` has it",
    default: "follow",
  },
  /** The statuses that are results; any other is an error. @default 200 to 299 */
  accept: { type: "function", description: "which statuses are results", otherwise: "200 to 299" } as Option<
    (status: number) => boolean
  >,
  /** The most bytes that a body may have, once it is decompressed. @default Infinity */
  maxBytes: {
    type: "number",
    minimum: 0,
    endless: true,
    description: "the longest body, decompressed; checked by `content-length` before it is read, and while it is",
    otherwise: "unlimited",
  },
  /** Limits of each host (with its port), or a function that says so for a host. @default unlimited */
  perHost: {
    type: "object",
    description: "`{ maxConcurrency, requestsPerMinute }` of each host, or a function that says so for one",
    otherwise: "unlimited",
    properties: {
      maxConcurrency: { type: "integer", minimum: 1 },
      requestsPerMinute: { type: "number", exclusiveMinimum: 0 },
    },
    additionalProperties: false,
    examples: [{ maxConcurrency: 2 }],
    takes: (value: unknown): boolean => typeof value === "function",
    expected: "limits such as { maxConcurrency: 2 }, or a function",
  } as Option<HostLimits | ((host: string) => HostLimits | undefined)>,
  /**
   * Tries a request again that may have an effect each time (POST, PATCH).
   * @default false: only GET, HEAD, PUT, DELETE and OPTIONS are
   */
  retryAnyMethod: {
    type: "boolean",
    description: "tries POST and PATCH again too; otherwise only GET, HEAD, PUT, DELETE and OPTIONS",
    default: false,
  },
  /** Makes the requests. @default the global `fetch` */
  fetch: { ...HTTP.fetch } as Option<typeof fetch>,
} as const;

/** Options of Fetcher. */
export interface FetcherOptions<As extends FetchAs = FetchAs>
  extends OptionsOf<typeof OWN>, Omit<PaceOptions, "requestsPerMinute" | "tokensPerMinute" | "limiter"> {
  /** Form of an output. @default "json" */
  readonly as?: As;
  /** A limiter for all hosts together, besides `perHost`. Its pauses hold for all of them. @default none */
  readonly limiter?: PaceOptions["limiter"];
}

const { requestsPerMinute: _requests, tokensPerMinute: _tokens, ...pace } = PACE;
const RUN: OptionGroup = {
  ...withDefaults(pace, { timeoutMs: TIMEOUT_MS, retry: { attempts: ATTEMPTS } }),
  maxConcurrency: {
    ...pace.maxConcurrency,
    description: "requests under way at once, those that wait for their host included",
    default: MAX_CONCURRENCY,
    otherwise: "5; with `perHost`, 50",
  },
  limiter: { ...pace.limiter, description: "one more limiter, for all hosts together", otherwise: "none" },
};

const AS = {
  as: {
    type: "string",
    enum: ["json", "text", "bytes"],
    description: '`"json"`, `"text"` (UTF-8), `"bytes"`, or a function of the response, which reads the body itself',
    default: "json",
    takes: (value: unknown): boolean => typeof value === "function",
    expected: '"json", "text", "bytes" or a function',
  },
} as const;

/** Options of Fetcher, declared. */
export const FETCHER: DefinedOptions = /* @__PURE__ */ defineOptions("Fetcher", AS, OWN, RUN);

/** @throws ArgumentError for limits that are none */
export function checkHostLimits(limits: HostLimits): void {
  for (const name of ["maxConcurrency", "requestsPerMinute"] as const) {
    checkOption(`perHost.${name}`, limits[name], HOST[name]);
  }
}

/** An error about any other would come from `fetch`, and quote the value. */
function isHeaders(value: unknown): boolean {
  try {
    const headers = new Headers(value as Record<string, string>);
    return [...headers].length === Object.keys(value as object).length;
  } catch {
    return false;
  }
}
