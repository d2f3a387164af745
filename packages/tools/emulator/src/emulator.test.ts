import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { ManualClock } from "./fixtures/manual-clock.ts";
import { post, readReply } from "./fixtures/post.ts";
import { hashText, startEmulator } from "./index.ts";

const embed = { model: "m", input: ["a", "b"], dimensions: 2 };

describe("start and end", () => {
  test("listens on loopback, at a free port, and reports the URLs for clients", async () => {
    await using emulator = await startEmulator();
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(emulator.openaiBaseURL).toBe(`${emulator.url}/v1`);
    expect(emulator.cohereBaseURL).toBe(emulator.url);
    expect((await post(`${emulator.openaiBaseURL}/embeddings`, embed)).status).toBe(200);
  });

  test("a port that is taken is an error, a chosen one is used", async () => {
    await using emulator = await startEmulator();
    const port = Number(new URL(emulator.url).port);
    await expect(startEmulator({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await emulator.close();
    await using next = await startEmulator({ port, host: "localhost" });
    expect(new URL(next.url).port).toBe(String(port));
  });

  test("P12 close ends requests in progress and idle connections, and can be called twice", async () => {
    const clock = new ManualClock();
    const emulator = await startEmulator({ clock, latency: { baseMs: 1000 } });
    const idle = connect(Number(new URL(emulator.url).port), "127.0.0.1");
    await once(idle, "connect");
    const closed = once(idle, "close");
    const pending = post(`${emulator.openaiBaseURL}/embeddings`, embed);
    pending.catch(() => undefined);
    await clock.timers(1);
    await emulator.close();
    await expect(pending).rejects.toThrow("fetch failed");
    await closed;
    await emulator.close();
    expect(clock.due).toEqual([]);
    expect(emulator.stats()).toMatchObject({ requests: 1, aborted: 1, inFlight: 0, openConnections: 0 });
  });

  test("a connection is kept and used again", async () => {
    await using emulator = await startEmulator({ maxBodyBytes: 100 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const body = JSON.stringify(embed);
    const statuses: (number | undefined)[] = [];
    for (const each of [body, "{", body, body.padEnd(5000), body]) {
      statuses.push(await postWith(agent, `${emulator.openaiBaseURL}/embeddings`, each));
    }
    agent.destroy();
    expect(statuses).toEqual([200, 400, 200, 413, 200]);
    expect(emulator.stats().connections).toBe(1);
  });
});

describe("keys", () => {
  test("any key that is not empty is accepted", async () => {
    await using emulator = await startEmulator();
    expect((await post(`${emulator.url}/v1/embeddings`, embed, { key: "x" })).status).toBe(200);
    const none = await readReply(await fetch(`${emulator.url}/v1/models`));
    expect(none.status).toBe(401);
    expect(none.body.error).toMatchObject({ type: "invalid_request_error", param: null, code: null });
    const azure = await fetch(`${emulator.url}/v1/models`, { headers: { "api-key": "x" } });
    expect(azure.status).toBe(200);
  });

  test("P35 a wrong key is refused, and a part of it comes back in the message as it really does", async () => {
    await using emulator = await startEmulator({ apiKey: "right" });
    const wrong = await post(`${emulator.url}/v1/embeddings`, embed, { key: "sk-proj-secret-abcd" });
    expect(wrong.status).toBe(401);
    expect(wrong.body).toEqual({
      error: {
        message: "Incorrect API key provided: sk-proj-********abcd.",
        type: "invalid_request_error",
        param: null,
        code: "invalid_api_key",
      },
    });
    expect((await post(`${emulator.url}/v1/embeddings`, embed, { key: "right" })).status).toBe(200);
  });

  test("Cohere's refusals have a message and an id", async () => {
    await using emulator = await startEmulator({ apiKey: "right" });
    const wrong = await post(`${emulator.url}/v2/embed`, {}, { key: "wrong" });
    expect(wrong.status).toBe(401);
    expect(wrong.body).toEqual({ id: expect.stringMatching(/^[0-9a-f]{8}-/), message: "invalid api token" });
    const none = await fetch(`${emulator.url}/v2/embed`, { method: "POST", body: "{}" });
    expect(await none.json()).toMatchObject({ message: "no api key supplied" });
  });
});

describe("paths and bodies", () => {
  test("an unknown path is a 404, a wrong method a 405, in the words of the provider", async () => {
    await using emulator = await startEmulator();
    expect((await post(`${emulator.url}/v1/nothing`, {})).body).toMatchObject({ error: { code: "unknown_url" } });
    expect(await post(`${emulator.url}/v2/nothing`, {})).toMatchObject({
      status: 404,
      body: { message: expect.any(String) },
    });
    const wrong = await fetch(`${emulator.url}/v1/embeddings`);
    expect(wrong.status).toBe(405);
    expect(await wrong.json()).toHaveProperty("error.message");
    const cohere = await fetch(`${emulator.url}/v1/classify`);
    expect(cohere.status).toBe(405);
    expect(await cohere.json()).toHaveProperty("id");
  });

  test("a query and a doubled slash do not matter", async () => {
    await using emulator = await startEmulator();
    expect((await post(`${emulator.url}/v1//embeddings?api-version=1`, embed)).status).toBe(200);
  });

  test("a body that is not JSON, or not an object, is a 400", async () => {
    await using emulator = await startEmulator();
    for (const path of ["/v1/embeddings", "/v2/embed"]) {
      expect((await post(emulator.url + path, "{")).status).toBe(400);
      expect((await post(emulator.url + path, "[]")).status).toBe(400);
      expect((await post(emulator.url + path, "null")).status).toBe(400);
    }
  });

  test("P37 a body over the limit is a 413", async () => {
    await using emulator = await startEmulator({ maxBodyBytes: 1000 });
    const big = { ...embed, input: "x".repeat(2_000_000) };
    const openai = await post(`${emulator.url}/v1/embeddings`, big);
    expect(openai.status).toBe(413);
    expect(openai.body).toHaveProperty("error.message");
    expect((await post(`${emulator.url}/v2/embed`, big)).body).toHaveProperty("id");
  });

  test("every answer has an id that is the same in every run", async () => {
    const ids = async (): Promise<(string | null)[]> => {
      await using emulator = await startEmulator({ seed: 5 });
      const good = await post(`${emulator.url}/v1/embeddings`, embed);
      const bad = await post(`${emulator.url}/v1/embeddings`, {});
      return [good.headers.get("x-request-id"), bad.headers.get("x-request-id")];
    };
    const first = await ids();
    expect(new Set(first).size).toBe(2);
    expect(await ids()).toEqual(first);
  });
});

describe("the answer takes its time", () => {
  test("an answer waits for its latency, a refusal for half of the base", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, latency: { baseMs: 100, perThousandTokensMs: 1000 } });
    const good = post(`${emulator.url}/v1/embeddings`, embed);
    await clock.timers(1);
    expect(clock.due).toEqual([102]);
    const bad = post(`${emulator.url}/v1/embeddings`, {});
    await clock.timers(2);
    expect(clock.due).toEqual([50, 102]);
    clock.advance(50);
    expect((await bad).status).toBe(400);
    clock.advance(52);
    const { headers } = await good;
    expect(headers.get("openai-processing-ms")).toBe("102");
  });

  test("P12 a client that disconnects ends the wait, and its tokens are wasted", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, latency: { baseMs: 100 } });
    const controller = new AbortController();
    const gone = post(`${emulator.url}/v1/embeddings`, embed, { signal: controller.signal });
    gone.catch(() => undefined);
    await clock.timers(1);
    expect(emulator.stats()).toMatchObject({ inFlight: 1, tokensAdmitted: 2, tokensWasted: 0 });
    controller.abort();
    while (emulator.stats().inFlight > 0) await setImmediate();
    expect(clock.due).toEqual([]);
    expect(emulator.stats()).toMatchObject({ aborted: 1, answered: 0, tokensAdmitted: 2, tokensWasted: 2 });
  });

  test("many requests are served at once", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, latency: { baseMs: 100 } });
    const calls = Promise.all(Array.from({ length: 20 }, () => post(`${emulator.url}/v1/embeddings`, embed)));
    await clock.timers(20);
    clock.advance(100);
    expect((await calls).map((reply) => reply.status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(emulator.stats().peakInFlight).toBe(20);
  });
});

test("a failure of an option's function is a 599 and a warning, not a fault", async () => {
  const warning = once(process, "warning");
  await using emulator = await startEmulator({ countTokens: () => 0.5 });
  const reply = await post(`${emulator.url}/v1/embeddings`, embed);
  expect(reply.status).toBe(599);
  expect(reply.text).toBe(
    "@batchwise/emulator failed: Expected `countTokens` to return a whole number from 0, got 0.5.",
  );
  expect(await warning).toMatchObject([{ message: reply.text }]);
  expect(emulator.stats()).toMatchObject({ byStatus: { 599: 1 }, aborted: 0 });
});

test("P12 a client that disconnects while it sends is not a failure", async () => {
  await using emulator = await startEmulator();
  const socket = connect(Number(new URL(emulator.url).port), "127.0.0.1");
  socket.write("POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  while (emulator.stats().inFlight === 0) await setImmediate();
  socket.destroy();
  while (emulator.stats().inFlight > 0) await setImmediate();
  expect(emulator.stats()).toMatchObject({ requests: 1, aborted: 1, byStatus: {} });
});

describe("stats and reset", () => {
  test("count requests, inputs, tokens and bytes", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, limits: { requestsPerMinute: 600, tokensPerMinute: 60 } });
    await post(`${emulator.url}/v1/embeddings`, embed);
    await post(`${emulator.url}/v1/embeddings`, { ...embed, input: "" });
    await post(`${emulator.url}/v1/embeddings`, { ...embed, input: Array.from({ length: 61 }, () => "a") });
    clock.advance(60_000);
    await post(`${emulator.url}/v1/embeddings`, { ...embed, input: "" });
    await post(`${emulator.url}/nowhere`, {});
    const { bytesReceived, bytesSent, connections, openConnections, ...stats } = emulator.stats();
    expect(stats).toEqual({
      requests: 5,
      answered: 1,
      inputsAnswered: 2,
      byStatus: { 200: 1, 400: 2, 404: 1, 429: 1 },
      byEndpoint: { "POST /v1/embeddings": 4 },
      rateLimited: 1,
      aborted: 0,
      faults: {},
      tokensAdmitted: 2,
      tokensRejected: 61,
      tokensWasted: 0,
      jobs: { created: 0, linesAnswered: 0, byTag: {} },
      inFlight: 0,
      peakInFlight: 1,
      bucketUse: { m: { requests: 4 / 1200, tokens: 2 / 120 } },
      elapsedMs: 60_000,
    });
    expect(connections).toBeGreaterThan(0);
    expect(openConnections).toBe(connections);
    expect(bytesReceived).toBeGreaterThan(1000);
    expect(bytesSent).toBeGreaterThan(1000);
  });

  test("count each text with trackInputs", async () => {
    await using emulator = await startEmulator({ trackInputs: true, limits: { tokensPerMinute: 3 } });
    await post(`${emulator.url}/v1/embeddings`, embed);
    await post(`${emulator.url}/v1/embeddings`, { ...embed, input: ["b", "c"] });
    const { inputs } = emulator.stats();
    expect(inputs?.[hashText("a")]).toEqual({ sent: 1, charged: 1, answered: 1, malformed: 0 });
    expect(inputs?.[hashText("b")]).toEqual({ sent: 2, charged: 1, answered: 1, malformed: 0 });
    expect(inputs?.[hashText("c")]).toEqual({ sent: 1, charged: 0, answered: 0, malformed: 0 });
    emulator.reset({ trackInputs: false });
    expect(emulator.stats().inputs).toBeUndefined();
  });

  test("reset starts over: counts, limits, numbers; options that it does not name stay", async () => {
    await using emulator = await startEmulator({ limits: { requestsPerMinute: 1 }, headers: "none", seed: 3 });
    const first = await post(`${emulator.url}/v1/embeddings`, embed);
    expect((await post(`${emulator.url}/v1/embeddings`, embed)).status).toBe(429);
    emulator.reset();
    expect(emulator.stats()).toMatchObject({ requests: 0, connections: 0, bytesSent: 0, bytesReceived: 0 });
    const again = await post(`${emulator.url}/v1/embeddings`, embed);
    expect(again.status).toBe(200);
    expect(again.headers.get("x-request-id")).toBe(first.headers.get("x-request-id"));
    emulator.reset({ limits: {} });
    for (let call = 0; call < 3; call++) expect((await post(`${emulator.url}/v1/embeddings`, embed)).status).toBe(200);
  });

  test("a request in progress ends in the session in which it began", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, latency: { baseMs: 100 } });
    const old = post(`${emulator.url}/v1/embeddings`, embed);
    await clock.timers(1);
    emulator.reset({ latency: {}, apiKey: "other" });
    clock.advance(100);
    expect((await old).status).toBe(200);
    expect(emulator.stats()).toMatchObject({ requests: 0, answered: 0, inFlight: 0 });
  });
});

/** Over the agent's own connections; fetch would open another now and then. */
function postWith(agent: Agent, url: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: "Bearer k", "content-length": body.length };
    const outgoing = httpRequest(url, { method: "POST", agent, headers }, (incoming) => {
      incoming.resume().once("end", () => resolve(incoming.statusCode));
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
