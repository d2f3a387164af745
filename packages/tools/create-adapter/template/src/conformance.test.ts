import { rateLimiter } from "@batchwise/core";
import { conformance } from "@batchwise/testkit";
// #region chat
import { MyProviderChat } from "./chat.ts";
import { serveChat } from "./fixtures/serve-chat.ts";
// #endregion
// #region embeddings
import { MyProviderEmbeddings } from "./embeddings.ts";
import { serveEmbeddings } from "./fixtures/serve-embeddings.ts";
// #endregion
// #region rerank
import { serveRerank } from "./fixtures/serve-rerank.ts";
import { MyProviderRerank } from "./rerank.ts";
// #endregion

const inputs = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];

// #region embeddings
await conformance({
  name: "MyProviderEmbeddings",
  inputs,
  answer: (text) => [text.length, 0.5],
  create: ({ backend, clock }) =>
    new MyProviderEmbeddings({ apiKey: "k", fetch: serveEmbeddings(backend), limiter: rateLimiter({ clock }) }),
  expected: (text) => Float32Array.of(text.length, 0.5),
  emptyAnswers: [[0, 0]], // L14: a vector of zeros is a vector
});
// #endregion
// #region chat
await conformance({
  name: "MyProviderChat",
  inputs,
  answer: (text) => `${text}!`,
  create: ({ backend, clock }) =>
    new MyProviderChat({ apiKey: "k", fetch: serveChat(backend), limiter: rateLimiter({ clock }) }),
  expected: (text) => ({ text: `${text}!`, finishReason: "stop" }),
  emptyAnswers: [""], // L14: an empty answer is an answer
});
// #endregion
// #region rerank
await conformance({
  name: "MyProviderRerank",
  inputs: inputs.map((query) => ({ query, documents: ["a", "b"] as readonly string[] })),
  answer: ({ query }) => [0, query.length],
  create: ({ backend, clock }) =>
    new MyProviderRerank({ apiKey: "k", fetch: serveRerank(backend), limiter: rateLimiter({ clock }) }),
  expected: ({ query }) => [
    { index: 1, score: query.length },
    { index: 0, score: 0 },
  ],
  emptyAnswers: [[0, 0]], // L14: a score of 0 is a score
});
// #endregion
