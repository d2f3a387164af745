import {
  ArgumentError,
  type RateLimiter,
  type RetryOptions,
  type RunnableSettings,
  sharedRateLimiter,
} from "@batchwise/core";
import { ATTEMPTS, MAX_CONCURRENCY, REQUESTS_PER_MINUTE, TIMEOUT_MS, TOKENS_PER_MINUTE } from "./limits.ts";

/** Where My Provider's API is. */
export const BASE_URL = "https://api.my-provider.example/v1";

/** Options that every Runnable of this package takes. */
export interface MyProviderOptions {
  /** @default the environment variable MY_PROVIDER_API_KEY */
  readonly apiKey?: string;
  /** The API's address, for a proxy or a server of your own. @default My Provider's own */
  readonly baseURL?: string;
  /** Sends the requests. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch;
  /** Requests in flight at once, at most. A whole number from 1. @default {{maxConcurrency}} */
  readonly maxConcurrency?: number;
  /** Requests a minute that the key is allowed. @default {{requestsPerMinute}} */
  readonly requestsPerMinute?: number;
  /** Tokens a minute that the key is allowed. @default {{tokensPerMinute}} */
  readonly tokensPerMinute?: number;
  /** The limiter that calls pass, in place of the one that all Runnables of one key and model share. */
  readonly limiter?: RateLimiter;
  /** How failed calls are tried again; `false` switches retries off. @default { attempts: 6 } */
  readonly retry?: RetryOptions | false;
  /** Milliseconds that one call of a batch may take. @default 120_000 */
  readonly timeoutMs?: number;
}

/** Where requests go, and with which key. */
export interface Connection {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
}

/** @throws ArgumentError without a key, or for an address that is none */
export function connect(options: MyProviderOptions): Connection {
  const { apiKey = process.env["MY_PROVIDER_API_KEY"], baseURL = BASE_URL } = options;
  // What a header cannot hold would come back in the message of fetch's own error.
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ArgumentError(
      "Expected an API key, found none that can be sent. Set MY_PROVIDER_API_KEY, or give the option `apiKey`.",
    );
  }
  check("baseURL", baseURL, (value) => URL.canParse(value as string), "a URL");
  return {
    baseURL: baseURL.replace(/\/+$/, ""),
    apiKey,
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
  };
}

/**
 * How the engine runs a Runnable on this connection.
 *
 * @throws ArgumentError for an option that cannot be worked with
 */
export function settingsOf<Output>(
  options: MyProviderOptions,
  connection: Connection,
  model: string,
): RunnableSettings<string, Output> {
  const { limiter, maxConcurrency = MAX_CONCURRENCY, retry = { attempts: ATTEMPTS }, timeoutMs = TIMEOUT_MS } = options;
  const { requestsPerMinute = REQUESTS_PER_MINUTE, tokensPerMinute = TOKENS_PER_MINUTE } = options;
  check(
    "maxConcurrency",
    maxConcurrency,
    (value) => Number.isInteger(value) && Number(value) >= 1,
    "a whole number from 1",
  );
  check("timeoutMs", timeoutMs, (value) => Number(value) > 0, "a number above 0");
  const limits = {
    concurrency: maxConcurrency,
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
  };
  return {
    maxConcurrency,
    retry,
    timeoutMs,
    limiter: limiter ?? sharedRateLimiter(`${connection.baseURL} ${connection.apiKey}`, model, limits),
    // UTF-8 bytes: never fewer than tokens. The engine learns from the reported usage how many fewer those are.
    weigh: (text) => ({ tokens: encoder.encode(text).length }),
  };
}

/** @throws ArgumentError where `value` is not valid */
function check(name: string, value: unknown, isValid: (value: unknown) => boolean, expected: string): void {
  if (isValid(value)) return;
  const came = typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
  throw new ArgumentError(`Expected \`${name}\` to be ${expected}, came ${came}. Correct it or leave it out.`);
}

const encoder = new TextEncoder();
