import { ArgumentError, type CallReport, InputError, ProviderError, rateLimiter, ResultError } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { base64Of, embedded, refusedWith, type SentRequest, wire, type Wire } from "./fixtures/wire.ts";
import { OpenAIEmbeddings, type OpenAIEmbeddingsOptions } from "./index.ts";

test("the wire: one request for many texts, base64 asked for", async () => {
  const { embeddings, requests } = make();
  const vectors = await embeddings.invokeMany(["one", "three"]);
  expect(vectors).toEqual([Float32Array.of(3, 0.5), Float32Array.of(5, 0.5)]);
  expect(requests).toHaveLength(1);
  expect(requests[0]!.url).toBe("https://api.openai.com/v1/embeddings");
  expect(requests[0]!.body).toMatchInlineSnapshot(`
    {
      "encoding_format": "base64",
      "input": [
        "one",
        "three",
      ],
      "model": "text-embedding-3-small",
    }
  `);
});

test("every option reaches the wire", async () => {
  const { embeddings, requests } = make({ model: "text-embedding-3-large", dimensions: 2, user: "user-1" });
  await embeddings.invoke("one");
  expect(requests[0]!.body).toEqual({
    encoding_format: "base64",
    input: ["one"],
    model: "text-embedding-3-large",
    dimensions: 2,
    user: "user-1",
  });
});

test("invoke sends one text and gives its vector, or throws what is in its slot", async () => {
  const { embeddings, requests } = make();
  expect(await embeddings.invoke("one")).toEqual(Float32Array.of(3, 0.5));
  expect(requests[0]!.body.input).toEqual(["one"]);
  await expect(embeddings.invoke("")).rejects.toThrow(InputError);
});

test("L6 an empty text, and what is no text, fail alone; the rest goes out", async () => {
  const { embeddings, requests } = make();
  const inputs = ["first", "", "third", 4 as unknown as string, null as unknown as string];
  const slots = await embeddings.invokeMany(inputs);
  expect(requests.map(({ body }) => body.input)).toEqual([["first", "third"]]);
  expect([slots[0], slots[2]]).toEqual([Float32Array.of(5, 0.5), Float32Array.of(5, 0.5)]);
  expect([1, 3, 4].map((index) => (slots[index] as InputError).position)).toEqual([1, 3, 4]);
  expect([1, 3, 4].map((index) => (slots[index] as InputError).message)).toEqual([
    "Expected input 1 of the request to be a non-empty string, got an empty string. Change it, or leave it out.",
    "Expected input 3 of the request to be a non-empty string, got a number. Change it, or leave it out.",
    "Expected input 4 of the request to be a non-empty string, got null. Change it, or leave it out.",
  ]);
});

test("L3 where no text can be sent there is no call, and nothing is used", async () => {
  const { embeddings, requests } = make();
  const reports: CallReport[] = [];
  const slots = await embeddings.invokeMany(["", ""], { report: (report) => reports.push(report) });
  expect(slots).toEqual([expect.any(InputError), expect.any(InputError)]);
  expect(await embeddings.invokeMany([])).toEqual([]);
  expect(requests).toHaveLength(0);
  expect(reports).toEqual([{ usage: { inputTokens: 0 } }]);
});

test("a text that is too long is an error in its own slot, before anything is sent", async () => {
  const { embeddings, requests } = make();
  // 8,192 tokens in many more bytes fit; one more does not.
  const [full, over] = ["word ".repeat(8191).trim(), "word ".repeat(8200)];
  const slots = await embeddings.invokeMany([full, over, "short"]);
  expect(requests[0]!.body.input).toEqual([full, "short"]);
  expect(slots.map((slot) => slot.constructor)).toEqual([Float32Array, InputError, Float32Array]);
  expect((slots[1] as InputError).message).toBe(
    "Expected input 1 of the request to have at most 8192 tokens, got more. " +
      "Split the text, or set `truncate: true` to embed its beginning.",
  );
});

test("truncate: the beginning of a text that is too long is sent", async () => {
  const { embeddings, requests } = make({ truncate: true, maxInputTokens: 3 });
  await embeddings.invokeMany(["one two three four", "<|endoftext|>", "short"]);
  expect(requests[0]!.body.input).toEqual(["one two three", "<|endo", "short"]);
});

test("truncate: a text of which nothing would be left is an error, and is not sent empty", async () => {
  const { embeddings, requests } = make({ truncate: true, maxInputTokens: 1 });
  const slots = await embeddings.invokeMany(["𐐷 written in Deseret", "one two"]);
  expect(slots).toEqual([expect.any(InputError), Float32Array.of(3, 0.5)]);
  expect(requests[0]!.body.input).toEqual(["one"]);
});

test("P12 an abort between long texts ends the counting, and nothing is sent", async () => {
  const { embeddings, requests } = make();
  const reason = new Error("no longer wanted");
  const controller = new AbortController();
  const call = embeddings.invokeMany(
    Array.from({ length: 20 }, () => "word ".repeat(4000)),
    { signal: controller.signal },
  );
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
  expect(requests).toHaveLength(0);
});

test("maxInputTokens holds for any model; without it, only for OpenAI's own", async () => {
  const long = "word ".repeat(9000);
  const other = make({ model: "nomic-embed-text" });
  expect(await other.embeddings.invokeMany([long])).toEqual([expect.any(Float32Array)]);
  const told = make({ model: "nomic-embed-text", maxInputTokens: 512 });
  expect(await told.embeddings.invokeMany([long])).toEqual([expect.any(InputError)]);
  expect(() => make({ model: "nomic-embed-text", truncate: true })).toThrow("used with `maxInputTokens`");
});

test("weighs by bytes, hardly beyond what the model reads, and refuses what cannot be sent", () => {
  const weigh = (options: OpenAIEmbeddingsOptions, input: unknown): unknown =>
    make(options).embeddings.settings.weigh!(input as string);
  expect(weigh({}, "héllo")).toEqual({ tokens: 6, outputTokens: 0 });
  expect(weigh({}, "a".repeat(1e6))).toEqual({ tokens: 32_768, outputTokens: 0 });
  expect(weigh({ model: "other" }, "a".repeat(1e6))).toEqual({ tokens: 1e6, outputTokens: 0 });
  for (const wrong of ["", undefined, null, 5, {}]) expect(() => weigh({}, wrong)).toThrow(InputError);
});

test("settings: what one request takes, tries and concurrency, each of them to be changed", () => {
  const limiter = rateLimiter();
  const { settings } = make().embeddings;
  expect(settings).toMatchObject({
    maxConcurrency: 64,
    request: { maxInputs: 2048, maxTokens: 300_000 },
    retry: { attempts: 6 },
    timeoutMs: 600_000,
    price: { perMillionInputTokens: 0.02 },
  });
  const changed = make({
    maxConcurrency: 3,
    request: { maxInputs: 16 },
    retry: false,
    timeoutMs: 1000,
    price: { perMillionInputTokens: 1 },
    limiter,
  }).embeddings.settings;
  expect(changed).toMatchObject({
    maxConcurrency: 3,
    request: { maxInputs: 16, maxTokens: 300_000 },
    retry: false,
    timeoutMs: 1000,
    price: { perMillionInputTokens: 1 },
  });
  expect(changed.limiter).toBe(limiter);
});

test("Runnables of one key and model share a limiter, others do not", () => {
  const limiterOf = (options: OpenAIEmbeddingsOptions): unknown => make(options).embeddings.settings.limiter;
  expect(limiterOf({})).toBe(limiterOf({ dimensions: 5 }));
  expect(limiterOf({})).not.toBe(limiterOf({ apiKey: "another" }));
  expect(limiterOf({})).not.toBe(limiterOf({ model: "text-embedding-3-large" }));
});

test("requestsPerMinute holds: the clock has to move on for the third call", async () => {
  const clock = new FakeClock();
  const { embeddings, requests } = make({ requestsPerMinute: 2, clock });
  const batch = embeddings.batch(["a", "bb", "ccc"], { request: { maxInputs: 1 }, clock });
  await clock.run(batch);
  expect(requests).toHaveLength(3);
  expect(clock.now()).toBeGreaterThanOrEqual(60_000);
});

test("tokensPerMinute holds: the clock has to move on for the second call", async () => {
  const clock = new FakeClock();
  const { embeddings } = make({ tokensPerMinute: 10, clock });
  await clock.run(embeddings.batch(["a".repeat(8), "b".repeat(8)], { request: { maxInputs: 1 }, clock }));
  expect(clock.now()).toBeGreaterThanOrEqual(60_000);
});

test("P5 rows in another order are placed by index", async () => {
  const { embeddings } = make({}, () =>
    rows([
      [1, [1]],
      [0, [0]],
    ]),
  );
  expect(await embeddings.invokeMany(["a", "b"])).toEqual([Float32Array.of(0), Float32Array.of(1)]);
});

test("P6 L13 a row that is missing, not finite or of another length fails its own text", async () => {
  const answer = rows([
    [0, [1, 2]],
    [1, [1, Number.NaN]],
    [2, [1, 2, 3]],
    [4, [5, 6]],
  ]);
  const { embeddings } = make({}, () => answer);
  const slots = await embeddings.invokeMany(["a", "b", "c", "d", "e"]);
  expect(slots.map((slot) => slot.constructor)).toEqual([
    Float32Array,
    ResultError,
    ResultError,
    ResultError,
    Float32Array,
  ]);
});

// neuml/txtai#222: Python's `json.dumps` writes numbers that JSON does not have
test("P51 a vector of NaN in a body that JSON does not know fails its own text", async () => {
  const body = '{"data":[{"index":0,"embedding":[NaN,-Infinity]},{"index":1,"embedding":[1,2]}]}';
  const { embeddings } = make({ encoding: "float" }, () => new Response(body));
  const [bad, good] = await embeddings.invokeMany(["a", "b"]);
  expect((bad as Error).message).toContain("Expected finite numbers");
  expect(good).toEqual(Float32Array.of(1, 2));
});

test("L13 vectors of another length than `dimensions` are refused", async () => {
  const { embeddings } = make({ dimensions: 3 });
  const [slot] = await embeddings.invokeMany(["a"]);
  expect((slot as Error).message).toBe(
    "Expected vectors of length 3, got one of length 2 for this input. Send it again.",
  );
});

test("reports what was used; P9 an answer that does not say leaves it out", async () => {
  const reports: CallReport[] = [];
  const options = { report: (report: CallReport): unknown => reports.push(report) };
  await make().embeddings.invokeMany(["one", "two"], options);
  expect(reports).toEqual([{}, { usage: { inputTokens: 6, totalTokens: 6 } }]);
  reports.length = 0;
  await make({}, () => rows([[0, [1]]])).embeddings.invokeMany(["one"], options);
  expect(reports).toEqual([{}, {}]);
});

test("P36 the position that an error names is one among the inputs, not among what was sent", async () => {
  const { embeddings } = make({}, ({ body }) => {
    const at = (body.input as string[]).indexOf("bad");
    return at < 0 ? embedded({ body } as SentRequest) : refusedWith(400, { param: `input[${at}]` });
  });
  await expect(embeddings.invokeMany(["", "good", "bad"])).rejects.toMatchObject({ position: 2 });
  const slots = await embeddings.batch(["", "good", "bad", "fine"], { returnExceptions: true, retry: false });
  expect(slots.map((slot) => slot.constructor)).toEqual([InputError, Float32Array, ProviderError, Float32Array]);
});

test("P37 a request that is too large is split, never sent again as it was", async () => {
  const { embeddings, requests } = make({}, (request) =>
    request.body.input.length > 2 ? refusedWith(400, { code: "max_tokens_per_request" }) : embedded(request),
  );
  const texts = ["a", "bb", "ccc", "dddd", "eeeee"];
  const vectors = await embeddings.batch(texts);
  expect(vectors.map((vector) => vector[0])).toEqual([1, 2, 3, 4, 5]);
  const sent = requests.map(({ body }) => body.input.join());
  expect(new Set(sent).size).toBe(sent.length);
});

test("P45 a wait of hours is the failure of its own text, and keeps no other waiting", async () => {
  const clock = new FakeClock();
  const { embeddings, requests } = make({ limiter: rateLimiter({ clock }) }, (request) =>
    request.body.input[0] === "text 7" ? refusedWith(429, {}, { "retry-after": "7200" }) : embedded(request),
  );
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
  const slots = await clock.run(
    embeddings.batch(texts, { clock, request: { maxInputs: 1 }, maxConcurrency: 4, returnExceptions: true }),
  );
  expect(slots[7]).toMatchObject({ code: "rate_limited", retryAfterMs: 7_200_000 });
  expect((slots[7] as ProviderError).message).toContain("try again in 7200 s");
  expect(slots.toSpliced(7, 1).every((slot) => slot instanceof Float32Array)).toBe(true);
  expect(requests).toHaveLength(20);
  expect(clock.now()).toBe(0);
});

test("P23 a wait of hours that `maxRetryAfterMs` allows is neither cut short nor out of reach of abort", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ clock });
  let refusals = 1;
  const { embeddings } = make({ limiter }, (request) =>
    refusals-- > 0 ? refusedWith(429, {}, { "retry-after": "7200" }) : embedded(request),
  );
  const retry = { attempts: 2, maxRetryAfterMs: 7_200_000 };
  expect(await clock.run(embeddings.batch(["a"], { clock, retry }))).toEqual([Float32Array.of(1, 0.5)]);
  expect(clock.now()).toBeGreaterThanOrEqual(7_200_000);

  refusals = 1;
  const controller = new AbortController();
  const reason = new Error("no longer wanted");
  const before = clock.now();
  const onRetry = (): void => controller.abort(reason);
  await expect(embeddings.batch(["b"], { clock, retry, signal: controller.signal, onRetry })).rejects.toBe(reason);
  expect(clock.now()).toBe(before);
});

test("P24 exhausted quota ends the run at the first refusal", async () => {
  const { embeddings, requests } = make({ apiKey: "spent" }, () => refusedWith(429, { code: "insufficient_quota" }));
  const slots = await embeddings.batch(["a", "b", "c"], {
    request: { maxInputs: 1 },
    maxConcurrency: 1,
    returnExceptions: true,
  });
  expect(slots.map((slot) => (slot as ProviderError).code)).toEqual(Array.from({ length: 3 }, () => "quota_exceeded"));
  expect(requests).toHaveLength(1);
});

test("a mistake in the options fails once, and is not hunted among the texts", async () => {
  const refuse = (): Response => refusedWith(400, { param: "dimensions", code: "integer_above_max_value" });
  const { embeddings, requests } = make({ model: "another", dimensions: 9999 }, refuse);
  const texts = Array.from({ length: 64 }, (_, index) => `text ${index}`);
  const slots = await embeddings.batch(texts, { returnExceptions: true });
  expect(slots.every((slot) => slot instanceof ProviderError && slot.code === "invalid_argument")).toBe(true);
  expect(requests).toHaveLength(1);
});

test.for<[string, unknown, string]>([
  ["model", "", "a non-empty string, got an empty string"],
  ["dimensions", 1.5, "a whole number from 1, got 1.5"],
  ["dimensions", 1537, "at most 1536 for text-embedding-3-small, got 1537"],
  ["user", 5, "a non-empty string, got 5"],
  ["truncate", "yes", "true or false, got a string"],
  ["maxInputTokens", 0, "a whole number from 1, got 0"],
  ["request", 16, "limits such as { maxInputs: 16 }, got 16"],
])("%s refuses %s", ([name, value, message]) => {
  expect(() => make({ [name]: value })).toThrow(ArgumentError);
  expect(() => make({ [name]: value })).toThrow(`Expected \`${name}\` to be ${message}`);
});

test("a model that can't shorten its vectors is not asked to", () => {
  expect(() => make({ model: "text-embedding-ada-002", dimensions: 1 })).toThrow(
    "at most 0 for text-embedding-ada-002",
  );
  expect(make({ model: "another", dimensions: 4096 }).embeddings).toBeInstanceOf(OpenAIEmbeddings);
});

test.for<[string, unknown, string]>([
  ["maxConcurrency", 0, "a whole number from 1, or Infinity, got 0"],
  ["retry", 3, "options such as { attempts: 3 }, or false, got 3"],
  ["limiter", {}, "a RateLimiter, such as rateLimiter({ requestsPerMinute: 500 }), got an object"],
  ["price", 0.02, "prices such as { perMillionInputTokens: 0.02 }, got 0.02"],
  ["clock", "now", "a Clock with now() and after(), got a string"],
])("%s refuses %s when constructed", ([name, value, message]) => {
  expect(() => make({ [name]: value })).toThrow(ArgumentError);
  expect(() => make({ [name]: value })).toThrow(`Expected \`${name}\` to be ${message}`);
});

test.for(["requestsPerMinute", "tokensPerMinute"])("%s refuses what is no limit", (name) => {
  expect(() => make({ [name]: 0 })).toThrow(ArgumentError);
});

test("an option that is misspelt, or that would not be heard, is refused", () => {
  expect(() => make({ dimension: 5 } as OpenAIEmbeddingsOptions)).toThrow(
    "Expected only known options of OpenAIEmbeddings, got `dimension`",
  );
  const options = { limiter: rateLimiter(), requestsPerMinute: 5 };
  expect(() => make(options)).toThrow("either `limiter` or `requestsPerMinute`, got both");
});

// https://docs.voyageai.com/reference/embeddings-api: the sum alone
test("P51 a sum of tokens without parts is the input's", async () => {
  const reports: CallReport[] = [];
  const { embeddings } = make({}, () => Response.json({ data: [{ embedding: [1] }], usage: { total_tokens: 6 } }));
  await embeddings.invoke("one", { report: (report) => reports.push(report) });
  expect(reports.at(-1)).toEqual({ usage: { inputTokens: 6, totalTokens: 6 } });
});

function make(
  options: OpenAIEmbeddingsOptions = {},
  answer: (request: SentRequest) => Response = embedded,
): Pick<Wire, "requests"> & { readonly embeddings: OpenAIEmbeddings } {
  const { fetch, requests } = wire(answer);
  return { requests, embeddings: new OpenAIEmbeddings({ apiKey: "test-key", fetch, ...options }) };
}

function rows(vectors: readonly (readonly [index: number, vector: readonly number[]])[]): Response {
  return Response.json({ data: vectors.map(([index, vector]) => ({ index, embedding: base64Of(vector) })) });
}
