import { type RateLimiter, rateLimiter } from "@batchwise/core";
import { FakeClock, runOn } from "@batchwise/testkit";
import { CohereClientV2 } from "cohere-ai";
import { describe, expect, test } from "vitest";
import { CohereEmbeddings, type CohereEmbeddingsOptions } from "./embeddings.ts";
import { embedded, Wire } from "./fixtures/wire.ts";
import { CohereRerank } from "./rerank.ts";

const MINUTE_MS = 60_000;

function make(options: Partial<CohereEmbeddingsOptions> = {}): CohereEmbeddings {
  return new CohereEmbeddings({ model: "m", inputType: "search_query", apiKey: "key", ...options });
}

/** How many of `kind` a fresh limiter lets pass in its first minute. */
function perMinute(limiter: RateLimiter | undefined, kind: "requests" | "inputs"): number {
  const demand = { requests: 0, inputs: 0, tokens: 0 };
  for (let amount = 1; amount < 100_000; amount++) {
    if ((limiter?.shortestMs?.({ ...demand, [kind]: amount }) ?? 0) > 0) return amount - 1;
  }
  return Infinity;
}

describe("whose limits", () => {
  test("Runnables of one key share the limiter of an endpoint", () => {
    const { limiter } = make({ model: "a" }).settings;
    expect(make({ model: "b", inputType: "search_document" }).settings.limiter).toBe(limiter);
    expect(make({ apiKey: "other" }).settings.limiter).not.toBe(limiter);
    expect(make({ baseURL: "http://localhost:1" }).settings.limiter).not.toBe(limiter);
    expect(new CohereRerank({ model: "m", apiKey: "key" }).settings.limiter).not.toBe(limiter);
  });

  test("Runnables of one client share it too", () => {
    const { apiKey: _, ...base } = { model: "m", inputType: "search_query", apiKey: "" } as const;
    const client = new CohereClientV2({ token: "key" });
    const { limiter } = new CohereEmbeddings({ ...base, client }).settings;
    expect(new CohereEmbeddings({ ...base, client }).settings.limiter).toBe(limiter);
    const other = new CohereClientV2({ token: "key" });
    expect(new CohereEmbeddings({ ...base, client: other }).settings.limiter).not.toBe(limiter);
  });

  test("P42 rerank's, which lets long lists pass, tells of an outage as the key's does", async () => {
    const limiter = rateLimiter({ clock: new FakeClock() });
    const rerank = new CohereRerank({ model: "m", apiKey: "key", limiter });
    const one = { requests: 1, inputs: 1, tokens: 1 };
    const reservations = [await limiter.reserve(one), await limiter.reserve(one)];
    for (const each of reservations) each.settle({ outcome: "unavailable" });
    expect(rerank.settings.limiter?.outage).toEqual({ since: 0, until: 500 });
  });

  test("a limiter of the caller's takes its place", () => {
    const limiter = rateLimiter();
    expect(make({ limiter }).settings.limiter).toBe(limiter);
  });
});

describe("how much a minute", () => {
  const clock = new FakeClock();

  test("embed counts texts, whatever the key", () => {
    expect(perMinute(make({ clock }).settings.limiter, "inputs")).toBe(2000);
    expect(perMinute(make({ clock, tier: "trial" }).settings.limiter, "inputs")).toBe(2000);
    expect(perMinute(make({ clock, inputsPerMinute: 50 }).settings.limiter, "inputs")).toBe(50);
    expect(perMinute(make({ clock, requestsPerMinute: 7 }).settings.limiter, "requests")).toBe(7);
  });

  test("rerank counts calls, by the kind of key", () => {
    const rerank = (options: object): RateLimiter | undefined =>
      new CohereRerank({ model: "m", apiKey: "k", clock, ...options }).settings.limiter;
    expect(perMinute(rerank({}), "requests")).toBe(1000);
    expect(perMinute(rerank({ tier: "trial" }), "requests")).toBe(10);
    expect(perMinute(rerank({ requestsPerMinute: 77 }), "requests")).toBe(77);
  });

  test("P29 2,000 texts go at once, and then 2,000 a minute, but for what whole requests leave over", async () => {
    const now = new FakeClock();
    const sent = [0, 0, 0];
    const wire = new Wire(({ body }) => {
      sent[Math.floor(now.now() / MINUTE_MS)]! += body.texts.length;
      return embedded(body.texts.map(() => [1]));
    });
    const texts = Array.from({ length: 5000 }, (_, index) => `text ${index}`);
    await runOn(now, make({ fetch: wire.fetch, clock: now }).batch(texts, { clock: now }));
    expect(sent[0]).toBe(20 * 96);
    expect(sent[1]).toBeGreaterThanOrEqual(20 * 96);
    expect(Math.max(...sent)).toBeLessThanOrEqual(2000);
    expect(sent.reduce((sum, each) => sum + each)).toBe(5000);
  });

  test("a trial key's limit is learned from responses", async () => {
    const now = new FakeClock();
    const times: number[] = [];
    const headers = { "x-trial-endpoint-call-limit": "3", "x-trial-endpoint-call-remaining": "2" };
    let remaining = 3;
    const wire = new Wire(({ body }) => {
      times.push(now.now());
      remaining = Math.max(0, remaining - 1);
      const response = embedded(body.texts.map(() => [1]));
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
      response.headers.set("x-trial-endpoint-call-remaining", String(remaining));
      return response;
    });
    const texts = Array.from({ length: 5 }, (_, index) => `text ${index}`);
    const embeddings = make({ fetch: wire.fetch, clock: now });
    await runOn(now, embeddings.batch(texts, { clock: now, request: { maxInputs: 1 }, maxConcurrency: 1 }));
    expect(times.slice(0, 3)).toEqual([0, 0, 0]);
    expect(times[3]).toBeGreaterThanOrEqual(MINUTE_MS / 3);
  });
});
