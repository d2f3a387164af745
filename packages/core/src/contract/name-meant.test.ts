import { expect, it } from "vitest";
import { nameMeant } from "./name-meant.ts";
import { OPTIONS } from "./option-checks.ts";
import { optionMeant } from "./option-meant.ts";

const OF_BATCH = Object.keys(OPTIONS);
const OF_ADAPTER =
  "model temperature maxTokens schema instructions apiKey baseURL defaultHeaders client requestsPerMinute tokensPerMinute inputsPerMinute limiter maxConcurrency retry timeoutMs request".split(
    " ",
  );

it.for([
  ["another case", "maxconcurrency", "maxConcurrency"],
  ["another case", "timeoutms", "timeoutMs"],
  ["underscores", "return_exceptions", "returnExceptions"],
  ["a letter too few", "maxConcurency", "maxConcurrency"],
  ["a letter too many", "dedupee", "dedupe"],
  ["a wrong letter", "maxCosd", "maxCost"],
  ["two letters in the wrong order", "singal", "signal"],
  ["two letters too few", "progressInterval", "progressIntervalMs"],
] as const)("a misspelled option: %s, %s is %s", ([, name, meant]) => {
  expect(nameMeant(name, OF_BATCH)).toBe(meant);
});

// As these libraries' readmes call them: sindresorhus/p-map, langchain-ai/langchainjs, vercel/ai, openai/openai-node.
it.for([
  ["p-map", "concurrency", "maxConcurrency"],
  ["p-map", "stopOnError", "returnExceptions"],
  ["p-retry", "retries", "retry"],
  ["LangChain", "maxRetries", "retry"],
  ["LangChain", "timeout", "timeoutMs"],
  ["LangChain", "batchSize", "request"],
  ["AI SDK", "abortSignal", "signal"],
  ["AI SDK", "maxParallelCalls", "maxConcurrency"],
  ["openai SDK", "maxRetries", "retry"],
  ["openai SDK", "timeout", "timeoutMs"],
] as const)("coming from %s: %s is %s", ([, name, meant]) => {
  expect(nameMeant(name, OF_BATCH)).toBe(meant);
});

it.for([
  ["baseUrl", "baseURL"],
  ["endpoint", "baseURL"],
  ["environment", "baseURL"],
  ["openAIApiKey", "apiKey"],
  ["token", "apiKey"],
  ["modelName", "model"],
  ["max_completion_tokens", "maxTokens"],
  ["maxOutputTokens", "maxTokens"],
  ["response_format", "schema"],
  ["systemPrompt", "instructions"],
  ["headers", "defaultHeaders"],
  ["rateLimiter", "limiter"],
  ["requestPerMinute", "requestsPerMinute"],
  ["maxBatchSize", "request"],
  ["maxRetries", "retry"],
  ["concurrency", "maxConcurrency"],
] as const)("an adapter's option in the words of an SDK: %s is %s", ([name, meant]) => {
  expect(optionMeant(name, OF_ADAPTER)).toBe(meant);
});

it.for(["", "_", "7", "x", "user", "verbose", "constructor", "toString"])(
  "%j comes near to nothing, so that nothing is said of it",
  (name) => {
    expect(nameMeant(name, OF_BATCH)).toBeUndefined();
  },
);

it("a name that goes on and on is like none", () => {
  expect(nameMeant("x".repeat(1e6), OF_BATCH)).toBeUndefined();
});

it("a name whose option is not there is not taken for another", () => {
  expect(nameMeant("concurrency", ["signal", "timeoutMs"])).toBeUndefined();
  expect(optionMeant("endpoint", ["apiKey"])).toBeUndefined();
});
