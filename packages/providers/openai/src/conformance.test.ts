import { rateLimiter } from "@batchwise/core";
import { conformance } from "@batchwise/testkit";
import type { Moderation } from "openai/resources/moderations";
import { chatEndpoint, embeddingsEndpoint, moderationsEndpoint, responsesEndpoint, shout } from "./fixtures/serve.ts";
import {
  type ChatInput,
  type ChatResult,
  OpenAIChat,
  OpenAIEmbeddings,
  OpenAIModeration,
  OpenAIResponses,
  type ResponsesInput,
  type ResponsesResult,
} from "./index.ts";

const gpt = { model: "gpt-6-luna" };
const inputs = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];

await conformance({
  name: "OpenAIEmbeddings",
  inputs,
  answer: (text) => [text.length, 0.5],
  create: ({ backend, clock }) =>
    new OpenAIEmbeddings({ ...embeddingsEndpoint(backend), limiter: rateLimiter({ clock }) }),
  expected: (text) => Float32Array.of(text.length, 0.5),
  skip: { L14: "a vector is never undefined", L18: "this wire tells none; embeddings.test.ts has it" },
});

await conformance({
  name: "OpenAIModeration",
  inputs,
  answer: (text) => text.length / 100,
  create: ({ backend, clock }) =>
    new OpenAIModeration({ ...moderationsEndpoint(backend), limiter: rateLimiter({ clock }) }),
  expected: (text) =>
    ({ flagged: false, categories: {}, category_scores: { hate: text.length / 100 } }) as unknown as Moderation,
  skip: { L14: "a moderation is never undefined", L18: "OpenAI tells no usage of moderations" },
});

await conformance<ChatInput, ChatResult, string>({
  name: "OpenAIChat",
  inputs,
  answer: shout,
  create: ({ backend, clock }) => new OpenAIChat({ ...chatEndpoint(backend), ...gpt, limiter: rateLimiter({ clock }) }),
  expected: (prompt) => ({ text: shout(prompt) }) as ChatResult,
  equals: (left, right) => left.text === right.text,
  skip: { L14: "an answer is never undefined" },
});

await conformance<ResponsesInput, ResponsesResult, string>({
  name: "OpenAIResponses",
  inputs,
  answer: shout,
  create: ({ backend, clock }) =>
    new OpenAIResponses({ ...responsesEndpoint(backend), ...gpt, limiter: rateLimiter({ clock }) }),
  expected: (prompt) => ({ text: shout(prompt) }) as ResponsesResult,
  equals: (left, right) => left.text === right.text,
  skip: { L14: "an answer is never undefined" },
});
