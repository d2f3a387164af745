/** What a response says of the limits: OpenAI's headers are those that others took over. */
export { xRateLimits as rateLimitsOf } from "@batchwise/adapter-kit";
