import { rateLimiter } from "@batchwise/core";
import { conformance } from "@batchwise/testkit";
import { serveChat, serveClassify, serveEmbed, serveRerank } from "./fixtures/serve.ts";
import {
  type ChatInput,
  type ChatResult,
  CohereChat,
  CohereClassify,
  CohereEmbeddings,
  CohereRerank,
  type RerankInput,
} from "./index.ts";

await conformance({
  name: "CohereEmbeddings",
  inputs: ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"],
  answer: (text) => [text.length, 0.5],
  create: ({ backend, clock }) =>
    new CohereEmbeddings({ model: "m", inputType: "clustering", apiKey: "k", fetch: serveEmbed(backend), clock }),
  expected: (text) => Float32Array.of(text.length, 0.5),
  skip: { L14: "a vector is never undefined", L18: "this wire tells none; embeddings.test.ts has it" },
});

await conformance({
  name: "CohereRerank",
  inputs: [1, 2, 3, 4, 5, 6].map((each): RerankInput => ({ query: `query ${each}`, documents: ["a", "b"] })),
  answer: ({ query }) => query.length + Number(query.at(-1)) / 10,
  create: ({ backend, clock }) => new CohereRerank({ model: "m", apiKey: "k", fetch: serveRerank(backend), clock }),
  expected: ({ query }) => [
    { index: 1, score: query.length + Number(query.at(-1)) / 10, document: "b" },
    { index: 0, score: 0, document: "a" },
  ],
  skip: { L14: "a score is never undefined", L18: "this wire tells none; rerank.test.ts has it" },
});

await conformance({
  name: "CohereChat",
  inputs: ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"] as ChatInput[],
  answer: (text) => `${text as string}!`,
  create: ({ backend, clock }) =>
    new CohereChat<ChatResult>({
      model: "m",
      apiKey: "k",
      fetch: serveChat(backend),
      clock,
      limiter: rateLimiter({ clock }),
    }),
  equals: (left, right) => left.text === right.text,
  expected: (text): ChatResult => ({
    text: `${text as string}!`,
    finishReason: "COMPLETE",
    message: { role: "assistant" },
    usage: undefined,
  }),
  skip: { L14: "an answer is never undefined", L18: "this wire tells none; chat.test.ts has it" },
});

await conformance({
  name: "CohereClassify",
  inputs: ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"],
  answer: (text) => `label ${text}`,
  create: ({ backend, clock }) => new CohereClassify({ model: "m", apiKey: "k", fetch: serveClassify(backend), clock }),
  expected: (text) => ({ label: `label ${text}`, labels: [`label ${text}`], confidences: { [`label ${text}`]: 1 } }),
  skip: { L14: "a label is never undefined", L18: "Cohere bills classifications, which are not tokens" },
});
