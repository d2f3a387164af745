import { describe, expect, test } from "vitest";

import { ManualClock } from "../fixtures/manual-clock.ts";
import { floatsOf, post, readReply } from "../fixtures/post.ts";
import { type Emulator, type EmulatorOptions, type Faults, startEmulator } from "../index.ts";

const request = { model: "m", input: ["a", "b", "c", "d"], dimensions: 2 };
const documents = { model: "embed-v4.0", texts: ["a", "b", "c"], input_type: "search_document" };
const embed = (emulator: Emulator, changes: object = {}): ReturnType<typeof post> =>
  post(`${emulator.url}/v1/embeddings`, { ...request, ...changes });

describe("faults of a whole answer", () => {
  test("P28 a server error: 500 and 503, with the limits' headers, and charged", async () => {
    await using emulator = await startEmulator({ limits: { tokensPerMinute: 1000 }, faults: { serverErrorRate: 1 } });
    const replies = await Promise.all(Array.from({ length: 12 }, () => embed(emulator)));
    const bodies = Object.fromEntries(replies.map((reply) => [reply.status, reply.body.error]));
    expect(bodies).toEqual({
      500: { message: expect.any(String), type: "server_error", param: null, code: null },
      503: { message: expect.any(String), type: "server_error", param: null, code: "server_is_overloaded" },
    });
    expect(replies[0]?.headers.get("x-ratelimit-limit-tokens")).toBe("1000");
    expect(emulator.stats()).toMatchObject({
      answered: 0,
      tokensAdmitted: 48,
      tokensWasted: 48,
      faults: { serverError: 12 },
    });
    expect((await post(`${emulator.url}/v2/embed`, documents)).body).toHaveProperty("id");
  });

  test("a page of HTML from a gateway, without the API's headers", async () => {
    await using emulator = await startEmulator({ limits: { tokensPerMinute: 1000 }, faults: { htmlErrorRate: 1 } });
    const reply = await embed(emulator);
    expect(reply.status).toBe(502);
    expect(reply.headers.get("content-type")).toBe("text/html");
    expect(reply.text).toMatch(/^<html>/);
    expect(reply.headers.get("x-request-id")).toBeNull();
    expect(reply.headers.get("x-ratelimit-limit-tokens")).toBeNull();
    expect(emulator.stats()).toMatchObject({ tokensWasted: 4, faults: { htmlError: 1 } });
  });

  test("a reset connection", async () => {
    await using emulator = await startEmulator({ faults: { resetRate: 1 } });
    await expect(embed(emulator)).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
    expect(emulator.stats()).toMatchObject({ byStatus: {}, aborted: 0, tokensWasted: 4, faults: { reset: 1 } });
  });

  test("a body that ends early, of a whole answer and of a stream", async () => {
    await using emulator = await startEmulator({ faults: { cutBodyRate: 1 } });
    const response = await fetch(`${emulator.url}/v1/embeddings`, {
      method: "POST",
      headers: { authorization: "Bearer k" },
      body: JSON.stringify(request),
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("terminated");
    const chat = { model: "m", messages: [{ role: "user", content: "a b c d" }], stream: true };
    await expect(post(`${emulator.url}/v1/chat/completions`, chat)).rejects.toThrow("terminated");
    const { answered, aborted, tokensAdmitted, tokensWasted, faults } = emulator.stats();
    expect({ answered, aborted, faults }).toEqual({ answered: 0, aborted: 0, faults: { cutBody: 2 } });
    expect(tokensWasted).toBe(tokensAdmitted);
  });

  test("a slow body arrives completely", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, faults: { slowBodyRate: 1, slowBodyMs: 1900 } });
    const pending = fetch(`${emulator.url}/v1/embeddings`, {
      method: "POST",
      headers: { authorization: "Bearer k" },
      body: JSON.stringify(request),
    });
    await clock.timers(1);
    expect(clock.due).toEqual([100]);
    const response = await pending;
    expect(clock.now()).toBe(0);
    const reply = await clock.run(readReply(response));
    expect(clock.now()).toBe(1900);
    expect(reply.body.data).toHaveLength(4);
    expect(emulator.stats()).toMatchObject({ answered: 1, tokensWasted: 0, faults: { slowBody: 1 } });
  });

  test("a request gets at most one of them", async () => {
    const all = { resetRate: 1, htmlErrorRate: 1, serverErrorRate: 1, cutBodyRate: 1, slowBodyRate: 1 };
    await using emulator = await startEmulator({ faults: all });
    await expect(embed(emulator)).rejects.toThrow("fetch failed");
    expect(emulator.stats().faults).toEqual({ reset: 1 });
  });
});

describe("refusals", () => {
  test("P21 an injected 429, as retryAfter says", async () => {
    const waits = async (faults: Faults): Promise<(string | null)[]> => {
      await using emulator = await startEmulator({
        limits: { tokensPerMinute: 100 },
        faults: { rateLimitRate: 1, ...faults },
      });
      const { status, body, headers } = await embed(emulator);
      expect(status).toBe(429);
      expect(body.error).toMatchObject({ type: "requests", code: "rate_limit_exceeded" });
      expect(headers.get("x-ratelimit-remaining-tokens")).toBe("100");
      expect(emulator.stats()).toMatchObject({ rateLimited: 1, tokensRejected: 4, faults: { rateLimit: 1 } });
      return [headers.get("retry-after"), headers.get("retry-after-ms")];
    };
    expect(await waits({})).toEqual(["1", "1000"]);
    expect(await waits({ retryAfter: "seconds", retryAfterMs: 90_500 })).toEqual(["91", null]);
    expect(await waits({ retryAfter: "ms", retryAfterMs: 20 })).toEqual(["1", "20"]);
    expect(await waits({ retryAfter: "none" })).toEqual([null, null]);
  });

  test("Cohere's 429 has no Retry-After", async () => {
    await using emulator = await startEmulator({ faults: { rateLimitRate: 1, retryAfter: "ms" } });
    const reply = await post(`${emulator.url}/v2/embed`, documents);
    expect(reply.status).toBe(429);
    expect(reply.headers.get("retry-after")).toBeNull();
  });

  test("P24 from a request on, the quota is used up", async () => {
    await using emulator = await startEmulator({ faults: { quotaAfterRequests: 2 } });
    expect([(await embed(emulator)).status, (await embed(emulator)).status]).toEqual([200, 200]);
    const openai = await embed(emulator);
    expect(openai.status).toBe(429);
    expect(openai.body.error).toMatchObject({ type: "insufficient_quota", code: "insufficient_quota" });
    expect(openai.headers.get("retry-after")).toBeNull();
    expect((await post(`${emulator.url}/v2/embed`, documents)).status).toBe(402);
    expect(emulator.stats()).toMatchObject({ requests: 4, tokensAdmitted: 8, faults: { quota: 2 } });
  });
});

describe("P36 a bad input", () => {
  test("makes its whole request a 400, and costs no tokens", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "BAD" } }, trackInputs: true });
    const reply = await embed(emulator, { input: ["a", "so BAD", "c"] });
    expect(reply.status).toBe(400);
    expect(reply.body.error).toMatchObject({ type: "invalid_request_error", param: null });
    expect((await embed(emulator)).status).toBe(200);
    expect(emulator.stats()).toMatchObject({ tokensAdmitted: 4, faults: { badInput: 1 } });
  });

  test("is named by its position when the options say so", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "BAD", named: true } } });
    const param = async (path: string, body: object): Promise<unknown> =>
      (await post(emulator.url + path, { model: "m", ...body })).body.error.param;
    expect(await param("/v1/embeddings", { input: ["a", "b", "BAD"] })).toBe("input[2]");
    expect(await param("/v1/embeddings", { input: "BAD" })).toBe("input");
    expect(await param("/v1/moderations", { input: ["a", "BAD"] })).toBe("input[1]");
    expect(await param("/v1/moderations", { input: "BAD" })).toBe("input");
    const user = { role: "user", content: "BAD" };
    expect(await param("/v1/chat/completions", { messages: [{ role: "system", content: "x" }, user] })).toBe(
      "messages[1].content",
    );
    expect(await param("/v1/responses", { input: "BAD" })).toBe("input");
    expect(await param("/v1/responses", { input: [user] })).toBe("input[0].content");
  });

  test("Cohere has no field for a position: only the message names it", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "BAD", named: true } } });
    const reply = await post(`${emulator.url}/v2/embed`, { ...documents, texts: ["a", "BAD"] });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({ id: expect.any(String), message: "invalid request: texts[1] cannot be processed" });
    emulator.reset({ faults: { badInput: { marker: "BAD" } } });
    expect((await post(`${emulator.url}/v2/embed`, { ...documents, texts: ["a", "BAD"] })).body.message).not.toMatch(
      /1/,
    );
  });
});

describe("faults of rows", () => {
  const rowsWith = async (faults: Faults, changes: object = {}): Promise<{ index: number; embedding: never }[]> => {
    await using emulator = await startEmulator({ faults });
    const { body } = await embed(emulator, changes);
    expect(emulator.stats()).toMatchObject({ answered: 1 });
    return body.data;
  };

  test("P5 shuffled rows keep their index", async () => {
    const rows = await rowsWith({ shuffleRate: 1 });
    const whole = await rowsWith({});
    expect(rows).not.toEqual(whole);
    expect(rows.toSorted((left, right) => left.index - right.index)).toEqual(whole);
  });

  test("P6 a row is missing, an index comes twice or lies beyond the last", async () => {
    expect(await rowsWith({ missingRowRate: 1 })).toHaveLength(3);
    expect(new Set((await rowsWith({ duplicateIndexRate: 1 })).map((row) => row.index)).size).toBe(3);
    expect((await rowsWith({ outOfRangeIndexRate: 1 })).map((row) => row.index)).toContain(4);
  });

  test("a vector has an element that is not a number, zeros alone, or is one short", async () => {
    const isNumber = (row: { embedding: unknown[] }): boolean => row.embedding.every((each) => each !== null);
    expect((await rowsWith({ nanRate: 1 })).map(isNumber).filter((good) => !good)).toHaveLength(1);
    const base64 = await rowsWith({ nanRate: 1 }, { encoding_format: "base64" });
    expect(base64.flatMap((row) => floatsOf(row.embedding)).filter(Number.isNaN)).toHaveLength(1);
    const zeros = (await rowsWith({ zeroRate: 1 })).filter((row: { embedding: number[] }) =>
      row.embedding.every((each) => each === 0),
    );
    expect(zeros).toHaveLength(1);
    const lengths = (await rowsWith({ wrongSizeRate: 1 })).map((row: { embedding: unknown[] }) => row.embedding.length);
    expect(lengths.toSorted((left, right) => left - right)).toEqual([1, 2, 2, 2]);
  });

  test("Cohere's rows have no index: one can be missing or flawed", async () => {
    await using emulator = await startEmulator({
      faults: { missingRowRate: 1, shuffleRate: 1, duplicateIndexRate: 1 },
    });
    const { body } = await post(`${emulator.url}/v2/embed`, documents);
    expect(body.embeddings.float).toHaveLength(2);
    expect(body.texts).toHaveLength(3);
    expect(emulator.stats()).toMatchObject({ inputsAnswered: 2, faults: { missingRow: 1 } });
  });

  test("moderation can lose a row, rerank can get its indexes wrong", async () => {
    await using emulator = await startEmulator({ faults: { missingRowRate: 1, outOfRangeIndexRate: 1 } });
    expect((await post(`${emulator.url}/v1/moderations`, { input: ["a", "b"] })).body.results).toHaveLength(1);
    const rerank = { model: "rerank-v3.5", query: "a", documents: ["a", "b", "c"] };
    const results: { index: number }[] = (await post(`${emulator.url}/v2/rerank`, rerank)).body.results;
    expect(results).toHaveLength(2);
    expect(results.map((result) => result.index)).toContain(3);
  });
});

describe("by seed", () => {
  const run = async (options: EmulatorOptions): Promise<(number | string)[]> => {
    await using emulator = await startEmulator(options);
    const outcomes: (number | string)[] = [];
    for (let call = 0; call < 40; call++) {
      outcomes.push(
        await embed(emulator).then(
          (reply) => reply.status,
          () => "broken",
        ),
      );
    }
    return outcomes;
  };
  const faults: Faults = {
    serverErrorRate: 0.2,
    htmlErrorRate: 0.1,
    resetRate: 0.1,
    cutBodyRate: 0.1,
    rateLimitRate: 0.1,
  };

  test("a run is the same with the same seed, and another with another", async () => {
    const first = await run({ seed: 1, faults });
    expect(await run({ seed: 1, faults })).toEqual(first);
    expect(await run({ seed: 2, faults })).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 429, 500, 502, 503, "broken"]));
  });

  test("a rate is a share of the admitted requests", async () => {
    await using emulator = await startEmulator({ seed: 4, faults: { serverErrorRate: 0.25 } });
    for (let call = 0; call < 200; call++) await embed(emulator);
    expect(Math.abs((emulator.stats().faults.serverError ?? 0) - 50)).toBeLessThan(20);
  });
});
