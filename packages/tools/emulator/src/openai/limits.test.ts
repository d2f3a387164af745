import { describe, expect, test } from "vitest";

import { ManualClock } from "../fixtures/manual-clock.ts";
import { post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const embed = (input: unknown, model = "m"): object => ({ model, input, dimensions: 1 });

describe("limits", () => {
  test("requests: refused beyond the limit, reported in headers, admitted again in time", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, limits: { requestsPerMinute: 60 }, fill: 2 / 60 });
    const url = `${emulator.url}/v1/embeddings`;
    const first = await post(url, embed("a"));
    expect(first.headers.get("x-ratelimit-limit-requests")).toBe("60");
    expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("1");
    expect(first.headers.get("x-ratelimit-reset-requests")).toBe("59s");
    expect(first.headers.get("x-ratelimit-limit-tokens")).toBeNull();
    await post(url, embed("a"));
    const refused = await post(url, embed("a"));
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({
      error: {
        message:
          "Rate limit reached for m on requests per min (RPM): Limit 60, Used 60, Requested 1. Please try again in 1s.",
        type: "requests",
        param: null,
        code: "rate_limit_exceeded",
      },
    });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.headers.get("retry-after-ms")).toBe("1000");
    expect(refused.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    clock.advance(1000);
    expect((await post(url, embed("a"))).status).toBe(200);
  });

  test("tokens: charged as counted, refused as a whole, reported in headers", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, limits: { tokensPerMinute: 6000 }, countTokens: Number });
    const url = `${emulator.url}/v1/embeddings`;
    const first = await post(url, embed(["5000", "400"]));
    expect(first.body.usage).toEqual({ prompt_tokens: 5400, total_tokens: 5400 });
    expect(first.headers.get("x-ratelimit-remaining-tokens")).toBe("600");
    expect(first.headers.get("x-ratelimit-reset-tokens")).toBe("54s");
    const refused = await post(url, embed(["1000"]));
    expect(refused.body.error).toMatchObject({ type: "tokens", code: "rate_limit_exceeded" });
    expect(refused.headers.get("retry-after-ms")).toBe("4000");
    expect((await post(url, embed(["600"]))).status).toBe(200);
    expect(emulator.stats()).toMatchObject({
      tokensAdmitted: 6000,
      tokensRejected: 1000,
      bucketUse: { m: { tokens: 1 } },
    });
  });

  test("P27 a request of more tokens than the limit says that it must be smaller, and names no time to wait", async () => {
    await using emulator = await startEmulator({ limits: { tokensPerMinute: 100 }, countTokens: Number });
    const refused = await post(`${emulator.url}/v1/embeddings`, embed("101"));
    expect(refused.status).toBe(429);
    expect(refused.body.error.message).toMatch(/^Request too large/);
    expect(refused.headers.get("retry-after")).toBeNull();
  });

  test("P28 a 400 costs a request and no tokens", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, limits: { requestsPerMinute: 60, tokensPerMinute: 6000 } });
    const bad = await post(`${emulator.url}/v1/embeddings`, embed([""]));
    expect(bad.status).toBe(400);
    expect(bad.headers.get("x-ratelimit-remaining-requests")).toBe("59");
    expect(bad.headers.get("x-ratelimit-remaining-tokens")).toBe("6000");
  });

  test("are those of a key and a model", async () => {
    await using emulator = await startEmulator({ limits: { requestsPerMinute: 1 } });
    const status = async (model: string, key: string): Promise<number> =>
      (await post(`${emulator.url}/v1/embeddings`, embed("a", model), { key })).status;
    expect([await status("a", "k1"), await status("a", "k1")]).toEqual([200, 429]);
    expect([await status("b", "k1"), await status("a", "k2")]).toEqual([200, 200]);
    expect(Object.keys(emulator.stats().bucketUse)).toEqual(["a", "b", "a (key 2)"]);
  });

  test("P29 however many arrive at once, no more than the limit is admitted", async () => {
    const clock = new ManualClock();
    const limits = { requestsPerMinute: 600, tokensPerMinute: 200 };
    await using emulator = await startEmulator({ clock, limits, countTokens: Number });
    const burst = (): Promise<number[]> =>
      Promise.all(
        Array.from({ length: 50 }, async () => (await post(`${emulator.url}/v1/embeddings`, embed("10"))).status),
      );
    expect((await burst()).filter((status) => status === 200)).toHaveLength(20);
    clock.advance(15_000);
    expect((await burst()).filter((status) => status === 200)).toHaveLength(5);
    expect(emulator.stats()).toMatchObject({ tokensAdmitted: 250, tokensRejected: 750, rateLimited: 75 });
  });

  test("chat and responses of a model share theirs", async () => {
    await using emulator = await startEmulator({ limits: { requestsPerMinute: 1 } });
    const chat = { model: "gpt", messages: [{ role: "user", content: "a" }] };
    expect((await post(`${emulator.url}/v1/chat/completions`, chat)).status).toBe(200);
    expect((await post(`${emulator.url}/v1/responses`, { model: "gpt", input: "a" })).status).toBe(429);
  });

  test("headers: azure and none; countRefused", async () => {
    await using emulator = await startEmulator({
      limits: { requestsPerMinute: 60 },
      fill: 0,
      headers: "azure",
      seed: 2,
    });
    const azure = await post(`${emulator.url}/v1/embeddings`, embed("a"));
    expect(azure.headers.get("x-ratelimit-reset-requests")).toMatch(/^(60|-1|0)$/);
    emulator.reset({ headers: "none" });
    const none = await post(`${emulator.url}/v1/embeddings`, embed("a"));
    expect([...none.headers.keys()].filter((name) => name.startsWith("x-ratelimit"))).toEqual([]);
    const clock = new ManualClock();
    await using lenient = await startEmulator({
      clock,
      limits: { requestsPerMinute: 60, countRefused: false },
      fill: 0,
    });
    expect((await post(`${lenient.url}/v1/embeddings`, embed("a"))).status).toBe(429);
    clock.advance(900);
    expect((await post(`${lenient.url}/v1/embeddings`, embed("a"))).status).toBe(429);
    clock.advance(100);
    expect((await post(`${lenient.url}/v1/embeddings`, embed("a"))).status).toBe(200);
  });
});
