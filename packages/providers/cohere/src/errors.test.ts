import { getEventListeners } from "node:events";
import {
  type BatchError,
  type CallReport,
  type FinishReport,
  ProviderError,
  type Runnable,
  TimeoutError,
} from "@batchwise/core";
import { failureOf, FakeClock, runOn } from "@batchwise/testkit";
import { CohereClientV2 } from "cohere-ai";
import { describe, expect, test, vi } from "vitest";
import { CohereChat } from "./chat.ts";
import { CohereClassify } from "./classify.ts";
import { CohereEmbeddings, type CohereEmbeddingsOptions } from "./embeddings.ts";
import { classified, embedded, refused, reranked, Wire, type WireRequest } from "./fixtures/wire.ts";
import { CohereRerank } from "./rerank.ts";

function make(answer: ConstructorParameters<typeof Wire>[0], options: Partial<CohereEmbeddingsOptions> = {}) {
  const wire = new Wire(answer);
  const apiKey = "key";
  return {
    wire,
    embeddings: new CohereEmbeddings({ model: "m", inputType: "clustering", apiKey, fetch: wire.fetch, ...options }),
  };
}

/** The SDK's client as a user makes it, with its own transport. */
function makeInjected(fetchFunction: typeof fetch, options: { timeoutInSeconds?: number } = {}): CohereEmbeddings {
  const client = new CohereClientV2({ token: "key", fetch: fetchFunction, ...options });
  return new CohereEmbeddings({ model: "m", inputType: "clustering", client });
}

describe("statuses", () => {
  test.each([
    [400, "invalid_input", false],
    [401, "authentication", false],
    [402, "quota_exceeded", false],
    [403, "invalid_input", false],
    [404, "invalid_input", false],
    [408, "provider_error", true],
    [409, "provider_error", true],
    [413, "request_too_large", false],
    [418, "invalid_input", false],
    [422, "invalid_input", false],
    [424, "provider_error", true],
    [429, "rate_limited", true],
    [498, "invalid_input", false],
    [499, "provider_error", true],
    [500, "provider_error", true],
    [501, "invalid_argument", false],
    [503, "provider_error", true],
    [529, "provider_error", true],
  ])("P30 P47 %i is %s, retryable: %s", async (status, code, retryable) => {
    for (const embeddings of [
      make(() => refused(status)).embeddings,
      makeInjected(new Wire(() => refused(status)).fetch),
    ]) {
      const error = await failureOf(embeddings.invoke("top secret"));
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ status, code, retryable });
      expect(error.message).toContain(`got status ${status}`);
      // P35 neither what was sent nor what Cohere says of it
      expect(error.cause).toBeUndefined();
      expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/secret/i);
    }
  });

  test("P35 an error of another copy of the SDK is known by its fields", async () => {
    const foreign = Object.assign(new Error("SECRET"), {
      statusCode: 429,
      body: { message: "SECRET" },
      rawResponse: undefined,
    });
    const embed = (): never => ({ withRawResponse: () => Promise.reject(foreign) }) as never;
    const embeddings = new CohereEmbeddings({ model: "m", inputType: "clustering", client: { embed } as never });
    const error = await failureOf(embeddings.invoke("a"));
    expect(error).toMatchObject({ code: "rate_limited", status: 429, retryable: true });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("SECRET");
  });

  test("P22 P26 the wait, the id and Cohere's code come along", async () => {
    const headers = { "retry-after": "7", "x-debug-trace-id": "trace" };
    const more = { error_type: "NO_VALID_RESPONSE_GENERATED" };
    const { embeddings } = make(() => refused(503, headers, more));
    const error = await failureOf(embeddings.invoke("a"));
    expect(error).toMatchObject({ retryAfterMs: 7000, requestId: "trace", providerCode: more.error_type });
    expect(error.message).toContain("(NO_VALID_RESPONSE_GENERATED)");
  });

  test("P35 a code that is a sentence is none", async () => {
    const { embeddings } = make(() => refused(400, {}, { error_type: "your text SECRET is bad" }));
    expect(await failureOf(embeddings.invoke("a"))).toMatchObject({ providerCode: undefined });
  });

  test.each([
    [400, { inputTokens: 0, outputTokens: 0 }],
    [429, { inputTokens: 0, outputTokens: 0 }],
    [500, undefined],
  ])("P28 a %i settles its tokens as Cohere counts them", async (status, usage) => {
    const reports: CallReport[] = [];
    const { embeddings } = make(() => refused(status, { "x-debug-trace-id": "t" }));
    await failureOf(embeddings.invoke("a", { report: (report) => void reports.push(report) }));
    expect(reports).toEqual([{ requestId: "t", ...(usage === undefined ? {} : { usage }) }]);
  });
});

describe("bodies that are no JSON", () => {
  const html = (status: number) => () =>
    new Response("<html>SECRET</html>", { status, headers: { "content-type": "text/html" } });
  const cut = (status: number) => () =>
    new Response('{"message": "SEC', { status, headers: { "content-type": "application/json" } });

  test.each([
    ["HTML", 200, html(200)],
    ["HTML", 502, html(502)],
    ["half a body", 200, cut(200)],
    ["half a body", 500, cut(500)],
    ["nothing", 200, () => new Response("")],
    ["an array", 200, () => Response.json([])],
  ])("%s with status %i may be tried again", async (_, status, answer) => {
    const error = await failureOf(make(answer).embeddings.invoke("a"));
    expect(error).toMatchObject({ code: "provider_error", retryable: true, status });
    expect(error.message).not.toContain("SEC");
    // The SDK's own transport forgets the status of some.
    const other = await failureOf(makeInjected(new Wire(answer).fetch).invoke("a"));
    expect(other).toMatchObject({ code: "provider_error", retryable: true });
    expect([status, undefined]).toContain(other.status);
    expect(other.message).not.toContain("SEC");
  });

  // decolua/9router#3492
  test("P51 JSON that is closed as a stream is read", async () => {
    const answer = JSON.stringify({ embeddings: { float: [[1, 2]] } });
    const { embeddings } = make(() => new Response(`${answer}\n\ndata: [DONE]\n\n`));
    expect(await embeddings.invoke("a")).toEqual(Float32Array.of(1, 2));
  });

  test("a refused key behind a proxy's HTML is still a refused key", async () => {
    expect(await failureOf(make(html(401)).embeddings.invoke("a"))).toMatchObject({ code: "authentication" });
  });
});

describe("connections", () => {
  test("a reset is a network error with its code", async () => {
    const reset = (): Promise<Response> => {
      const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      return Promise.reject(new TypeError("fetch failed", { cause }));
    };
    for (const embeddings of [make(reset).embeddings, makeInjected(reset)]) {
      const error = await failureOf(embeddings.invoke("a"));
      expect(error).toMatchObject({ code: "network_error", retryable: true, providerCode: "ECONNRESET" });
      expect(error.message).toContain("(ECONNRESET)");
    }
  });

  test("P35 what fetch says without a code is not passed on", async () => {
    const { embeddings } = make(() => Promise.reject(new TypeError("bad header: SECRET")));
    const error = await failureOf(embeddings.invoke("a"));
    expect(error.code).toBe("network_error");
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain("SECRET");
  });

  test("an error of our own that an injected fetch throws passes as it is", async () => {
    const own = new ProviderError("no", { retryable: false });
    expect(await failureOf(make(() => Promise.reject(own)).embeddings.invoke("a"))).toBe(own);
  });

  test("a connection that failed leaves no timer behind, which would keep the process alive", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      const down = (): Promise<Response> => Promise.reject(new TypeError("fetch failed"));
      await failureOf(make(down).embeddings.invoke("a"));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("the timeout of an injected client is a TimeoutError", async () => {
    const never: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
      });
    const error = await failureOf(makeInjected(never, { timeoutInSeconds: 0.001 }).invoke("a"));
    expect(error).toBeInstanceOf(TimeoutError);
  });
});

describe("the signal", () => {
  test("P12 an abort rejects at once with its reason, and reaches the request", async () => {
    const controller = new AbortController();
    const { embeddings, wire } = make(() => new Promise<Response>(() => {}));
    const call = embeddings.invoke("a", { signal: controller.signal });
    await expect.poll(() => wire.requests.length).toBe(1);
    const reason = new Error("changed my mind");
    controller.abort(reason);
    expect(await failureOf(call)).toBe(reason);
    expect(wire.requests[0]?.signal?.aborted).toBe(true);
  });

  test("an aborted signal sends nothing", async () => {
    const { embeddings, wire } = make(() => embedded([[1]]));
    const signal = AbortSignal.abort(new Error("before"));
    expect(await failureOf(embeddings.invoke("a", { signal }))).toBe(signal.reason);
    expect(wire.requests).toEqual([]);
  });

  test("a batch's signal keeps no listener of a call that is over", async () => {
    const { signal } = new AbortController();
    await make(() => embedded([[1]])).embeddings.invoke("a", { signal });
    await failureOf(make(() => refused(400)).embeddings.invoke("a", { signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("in a batch", () => {
  test("P25 the SDK never retries by itself", async () => {
    const injected = new Wire(() => refused(503));
    await failureOf(makeInjected(injected.fetch).invoke("a"));
    expect(injected.requests).toHaveLength(1);
  });

  test("P21 a 429 without Retry-After is tried again", async () => {
    const clock = new FakeClock();
    const { embeddings, wire } = make((_, number) => (number === 0 ? refused(429) : embedded([[1]])), { clock });
    expect(await runOn(clock, embeddings.batch(["a"], { clock }))).toEqual([Float32Array.of(1)]);
    expect(wire.requests).toHaveLength(2);
  });

  test("P22 Retry-After is waited for", async () => {
    const clock = new FakeClock();
    const answer = (_: unknown, number: number): Response =>
      number === 0 ? refused(429, { "retry-after": "9" }) : embedded([[1]]);
    const { embeddings } = make(answer, { clock });
    await runOn(clock, embeddings.batch(["a"], { clock }));
    expect(clock.now()).toBeGreaterThanOrEqual(9000);
  });

  test("six calls are all that an input gets by default", async () => {
    const clock = new FakeClock();
    const { embeddings, wire } = make(() => refused(503), { clock });
    await runOn(clock, failureOf(embeddings.batch(["a"], { clock })));
    expect(wire.requests).toHaveLength(6);
  });

  test.each([
    [402, "quota_exceeded"],
    [401, "authentication"],
  ])("P24 a %i ends the batch, and burns no further input", async (status, code) => {
    const { embeddings, wire } = make(() => refused(status), { maxConcurrency: 1 });
    const texts = Array.from({ length: 300 }, (_, index) => `text ${index}`);
    let report: FinishReport | undefined;
    const error: BatchError = await failureOf(embeddings.batch(texts, { onFinish: (last) => void (report = last) }));
    expect(error.cause ?? error).toMatchObject({ code });
    expect(report?.status).not.toBe("completed");
    expect(wire.requests).toHaveLength(1);
  });
});

/** Runnables of this package on one server, by the endpoints that they call. */
const KINDS: Readonly<
  Record<string, (options: { apiKey: string; fetch: typeof fetch; clock: FakeClock }) => Runnable<any, unknown>>
> = {
  embed: (options) => new CohereEmbeddings({ model: "m", inputType: "clustering", ...options }),
  rerank: (options) => new CohereRerank({ model: "m", ...options }),
  chat: (options) => new CohereChat({ model: "m", ...options }),
  classify: (options) => new CohereClassify({ model: "m", ...options }),
};

describe.each(Object.keys(KINDS))("%s", (kind) => {
  const inputs = Array.from({ length: 200 }, (_, index) =>
    kind === "rerank" ? { query: `Query ${index}`, documents: ["a", "b"] } : `Text ${index}`,
  );
  const good = ({ body }: WireRequest): Response =>
    ({
      embed: () => embedded(body.texts.map(() => [1, 2])),
      rerank: () =>
        reranked([
          [0, 0.5],
          [1, 0.4],
        ]),
      chat: () => Response.json({ finish_reason: "COMPLETE", message: { content: [{ type: "text", text: "yes" }] } }),
      classify: () => classified(body.inputs.map(() => ["a", { a: 1 }])),
    })[kind]!();
  const batch = async (answer: ConstructorParameters<typeof Wire>[0]) => {
    const clock = new FakeClock();
    const wire = new Wire(async (request, number) => {
      await new Promise<void>((done) => clock.after(50, done));
      return answer(request, number);
    });
    const ours = KINDS[kind]!({ apiKey: "key", fetch: wire.fetch, clock });
    const request = ours.invokeMany === undefined ? {} : { request: { maxInputs: 5 } };
    const options = { clock, returnExceptions: true, random: () => 0.5, ...request } as const;
    const slots = await runOn(clock, ours.batch(inputs, options));
    return { slots, calls: wire.requests.length };
  };

  // BerriAI/litellm#8448, and OpenRouter's documentation of errors, for servers in Cohere's place
  test("P51 an error with a good status is judged by its own", async () => {
    const failure = (code: number): Response => Response.json({ error: { code, message: "SECRET" } });
    const passing = await batch((request, number) => (number % 7 === 3 ? failure(502) : good(request)));
    expect(passing.slots.filter((slot) => slot instanceof Error)).toEqual([]);
    const spent = await batch((request, number) => (number < 20 ? good(request) : failure(402)));
    expect(spent.slots.at(-1)).toMatchObject({ code: "quota_exceeded", status: 402 });
    expect(spent.calls).toBeLessThanOrEqual(80);
  });

  test.each([401, 200])(
    "P35 P47 a wrong key costs at most ten calls, told with %i, and no word of it is written",
    async (status) => {
      const refusal = { error: { code: 401, message: "SECRET" }, message: "SECRET" };
      // The SDK writes parts of an answer that it did not expect to the console.
      const written = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const { slots, calls } = await batch(() => Response.json(refusal, { status }));
      expect(JSON.stringify(written.mock.calls)).not.toContain("SECRET");
      written.mockRestore();
      expect(slots.at(-1)).toMatchObject({ code: "authentication" });
      expect(calls).toBeLessThanOrEqual(10);
    },
  );
});
