import { type Dialect, xRateLimits } from "@batchwise/adapter-kit";

/**
 * Headers of a provider: the request's id, and OpenAI's limits a minute. Others use the same names for
 * limits a day: theirs are not read.
 */
export function dialectOf(provider: string): Dialect {
  return {
    provider: "the provider",
    requestId: ["x-request-id", "request-id"],
    ...(/^(openai|azure)\b/.test(provider) ? { limits: xRateLimits } : {}),
  };
}
