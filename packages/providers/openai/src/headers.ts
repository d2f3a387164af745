/** Limits in a response: OpenAI's headers are those that others took over. */
export { xRateLimits as rateLimitsOf } from "@batchwise/adapter-kit";
