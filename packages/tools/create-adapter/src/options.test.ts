import { expect, test } from "vitest";
import { checkOptions, problems, type ScaffoldOptions } from "./options.ts";
import { ScaffoldError } from "./scaffold-error.ts";

test.each(["acme", "@me/acme", "a", "batchwise-acme_ai.v2", "@me/http"])("%s is a name", (name) => {
  expect(problems.name(name)).toBeUndefined();
});

test.each([
  ["Acme", "lower-case"],
  ["", "lower-case"],
  ["my provider", "lower-case"],
  [".acme", "lower-case"],
  ["@me/", "lower-case"],
  ["@me/acme/more", "lower-case"],
  ["../acme", "lower-case"],
  ["http", "keeps this name"],
  ["node_modules", "keeps this name"],
  ["a".repeat(215), "214"],
])("%j is none, and it is said why", (name, why) => {
  expect(problems.name(name)).toContain(why);
});

test.each<[Partial<ScaffoldOptions>, string]>([
  [{ name: "Acme" }, `Expected another value for the package's name, got "Acme".`],
  [
    { strategy: "fast" as "bulk" },
    `Expected another value for the strategy, got "fast". Give one of bulk, concurrent, both.`,
  ],
  [
    { kind: "speech" as "chat" },
    `Expected another value for the kind of a request, got "speech". Give one of chat, rerank.`,
  ],
  [{ strategy: "bulk", kind: "rerank" }, `Expected another value for the kind of a request, got "rerank". Bulk embeds`],
  [{ baseURL: "acme.example" }, "https://"],
  [{ baseURL: "file:///etc" }, "https://"],
  [{ keyVariable: "acme-key" }, "capital letters"],
  [{ maxInputs: 0 }, "Expected another value for the inputs in one request, got 0. Give a whole number from 1"],
  [{ maxConcurrency: 1.5 }, "Expected another value for the requests in flight, got 1.5"],
  [{ requestsPerMinute: -1 }, "requests a minute"],
  [{ tokensPerMinute: Number.NaN }, "tokens a minute"],
  [{ author: "two\nlines" }, "one line"],
])("%o is refused", (options, message) => {
  const check = (): void => checkOptions({ name: "acme", ...options });
  expect(check).toThrow(ScaffoldError);
  expect(check).toThrow(message);
});
