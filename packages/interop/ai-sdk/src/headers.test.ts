import { describe, expect, test } from "vitest";
import { factsOf, headersIn } from "@batchwise/adapter-kit";
import { dialectOf } from "./headers.ts";

const factsIn = (headers: object | undefined, provider: string) => factsOf(headersIn(headers), dialectOf(provider));

const told = {
  "x-ratelimit-limit-requests": "3000",
  "x-ratelimit-remaining-requests": "2999",
  "x-ratelimit-reset-requests": "20ms",
  "x-ratelimit-limit-tokens": "1000000",
  "x-ratelimit-remaining-tokens": "990000",
  "x-ratelimit-reset-tokens": "6m0.5s",
};

describe("what headers say of the limits", () => {
  test.each(["openai.chat", "openai.embedding", "azure.chat"])("of %s is read", (provider) => {
    expect(factsIn(told, provider)).toEqual({
      limits: {
        requests: { limit: 3000, remaining: 2999, resetMs: 20 },
        tokens: { limit: 1_000_000, remaining: 990_000, resetMs: 360_500 },
      },
    });
  });

  test.each(["groq.chat", "mistral", "openaix"])("of %s is not: its numbers may be a day's", (provider) => {
    expect(factsIn(told, provider)).toEqual({});
  });

  test.each<[object, object]>([
    [{ "x-ratelimit-limit-requests": "0", "x-ratelimit-remaining-requests": "-1" }, {}],
    [{ "x-ratelimit-limit-requests": "x", "x-ratelimit-reset-requests": "1s" }, {}],
    [{ "x-ratelimit-remaining-tokens": "5" }, { limits: { tokens: { remaining: 5 } } }],
    [
      { "x-ratelimit-limit-tokens": "5", "x-ratelimit-reset-tokens": "12" },
      { limits: { tokens: { limit: 5, resetMs: 12_000 } } },
    ],
    [{ "x-ratelimit-limit-tokens": "5", "x-ratelimit-reset-tokens": "soon" }, { limits: { tokens: { limit: 5 } } }],
    [{ "x-request-id": "r1" }, { requestId: "r1" }],
    [{ "request-id": "r2" }, { requestId: "r2" }],
  ])("%o", (headers, expected) => {
    expect(factsIn(headers as Record<string, string>, "openai.chat")).toEqual(expected);
  });

  test("no headers say nothing", () => {
    expect(factsIn(undefined, "openai.chat")).toEqual({});
  });
});
