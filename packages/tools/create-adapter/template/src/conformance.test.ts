import { rateLimiter } from "@batchwise/core";
import { conformance } from "@batchwise/testkit";
// #region concurrent
import { MyProviderChat } from "./chat.ts";
import { serveChat } from "./fixtures/serve-chat.ts";
// #endregion
// #region bulk
import { MyProviderEmbeddings } from "./embeddings.ts";
import { serveEmbeddings } from "./fixtures/serve-embeddings.ts";
// #endregion

const inputs = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];

// #region bulk
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
// #region concurrent
await conformance({
  name: "MyProviderChat",
  inputs,
  answer: (text) => `${text}!`,
  create: ({ backend, clock }) =>
    new MyProviderChat({ apiKey: "k", fetch: serveChat(backend), limiter: rateLimiter({ clock }) }),
  expected: (text) => ({ text: `${text}!` }),
  emptyAnswers: [""], // L14: an empty answer is an answer
});
// #endregion
