import {
  connectHttp,
  type HttpConnection,
  type HttpOptions,
  httpOptions,
  type OptionGroup,
  PACE,
  type PaceOptions,
  type PaceSettings,
  paceSettings,
  withDefaults,
} from "@batchwise/adapter-kit";
import { DIALECT } from "./errors.ts";
import { MAX_CONCURRENCY, REQUESTS_PER_MINUTE, TIMEOUT_MS, TOKENS_PER_MINUTE } from "./limits.ts";

/** Address of My Provider's API. */
export const BASE_URL = "https://api.my-provider.example/v1";

/** Options that every Runnable of this package takes. */
export interface MyProviderOptions extends HttpOptions, PaceOptions {}

const LIMITS = { requestsPerMinute: REQUESTS_PER_MINUTE, tokensPerMinute: TOKENS_PER_MINUTE };

/** Options of every Runnable of this package, declared. */
export const COMMON: OptionGroup = {
  ...httpOptions(DIALECT, BASE_URL),
  ...withDefaults(PACE, { ...LIMITS, maxConcurrency: MAX_CONCURRENCY, timeoutMs: TIMEOUT_MS }),
};

/** Connection to the API. @throws ArgumentError without a key */
export function connect(options: MyProviderOptions): HttpConnection {
  return connectHttp(options, DIALECT, BASE_URL);
}

/** Settings by which the engine runs a Runnable on this connection. @throws ArgumentError for a limiter and limits a minute at once */
export function settingsOf(options: MyProviderOptions, { owner }: HttpConnection, model: string): PaceSettings {
  const { maxConcurrency = MAX_CONCURRENCY } = options;
  const limits = { ...LIMITS, concurrency: maxConcurrency };
  return paceSettings(options, { owner, pool: model, maxConcurrency, timeoutMs: TIMEOUT_MS, limits });
}
