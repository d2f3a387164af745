import { ArgumentError, type RunnableSettings, sharedRateLimiter } from "@batchwise/core";
import type { Connection } from "./client.ts";
import { ATTEMPTS, type Endpoint, type EndpointLimits, MAX_CONCURRENCY, RATE_LIMITS, TIMEOUT_MS } from "./limits.ts";
import { check, type CohereOptions, isWhole } from "./options.ts";
import { type CoherePrice, PRICES } from "./prices.ts";

/** The settings that a Runnable has whatever its endpoint: concurrency, retries, time, limits and price. */
interface Common extends Required<Pick<RunnableSettings, "maxConcurrency" | "retry" | "timeoutMs" | "limiter">> {
  readonly price?: CoherePrice;
}

/**
 * @param pool whose calls count together at Cohere: an endpoint, or an endpoint and a model
 * @throws ArgumentError for an option that cannot be worked with
 */
export function commonSettings(
  endpoint: Endpoint,
  pool: string,
  owner: Connection["owner"],
  options: Omit<CohereOptions, "client"> & EndpointLimits,
): Common {
  const { tier = "production", limiter, maxConcurrency, retry, timeoutMs, clock } = options;
  check("tier", tier, (value) => value === "trial" || value === "production", '"trial" or "production"');
  check("maxConcurrency", maxConcurrency, (value) => value === Infinity || isWhole(value, 1), "a whole number from 1");
  check("timeoutMs", timeoutMs, (value) => typeof value === "number" && value > 0, "a number above 0");
  if (limiter !== undefined && (options.requestsPerMinute ?? options.inputsPerMinute) !== undefined) {
    throw new ArgumentError("Expected either `limiter` or limits a minute, came both. Give the limiter its limits.");
  }
  const price = options.price ?? (Object.hasOwn(PRICES, options.model) ? PRICES[options.model] : undefined);
  return {
    maxConcurrency: maxConcurrency ?? MAX_CONCURRENCY[endpoint],
    retry: retry ?? { attempts: ATTEMPTS },
    timeoutMs: timeoutMs ?? TIMEOUT_MS,
    limiter:
      limiter ??
      sharedRateLimiter(owner, `cohere ${pool}`, {
        ...limitsOf(RATE_LIMITS[endpoint][tier], options),
        ...(clock === undefined ? {} : { clock }),
      }),
    ...(price === undefined ? {} : { price }),
  };
}

function limitsOf(usual: EndpointLimits, asked: EndpointLimits): EndpointLimits {
  const requestsPerMinute = asked.requestsPerMinute ?? usual.requestsPerMinute;
  const inputsPerMinute = asked.inputsPerMinute ?? usual.inputsPerMinute;
  return {
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(inputsPerMinute === undefined ? {} : { inputsPerMinute }),
  };
}
