import { ArgumentError, BatchError, InputError, rateLimiter, ResultError } from "@batchwise/core";
import { failureOf, FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, test, vi } from "vitest";
import { refused, reranked, Wire, type WireRequest } from "./fixtures/wire.ts";
import { CohereRerank, type CohereRerankOptions } from "./rerank.ts";

/** Scores each document by the number that it is, best first, as many as are asked for. */
function byNumber({ body }: WireRequest, _number: number = 0, more: object = {}): Response {
  const scores = (body.documents as string[])
    .map((document, index) => [index, Number(document) / 100_000] as const)
    .toSorted(([, left], [, right]) => right - left);
  return reranked(scores.slice(0, body.top_n), more);
}

function make(wire: Wire, options: Partial<CohereRerankOptions> = {}): CohereRerank {
  return new CohereRerank({
    model: "rerank-v3.5",
    apiKey: "key",
    fetch: wire.fetch,
    clock: new FakeClock(),
    ...options,
  });
}

function numbers(count: number): string[] {
  // 7919 is prime: every number comes once, in no order.
  return Array.from({ length: count }, (_, index) => String((index * 7919) % count));
}

describe("one call", () => {
  test("what goes over the wire, and results by score with their documents", async () => {
    const wire = new Wire(byNumber);
    const results = await make(wire).invoke({ query: "q", documents: ["5", "900", "30"] });
    expect(wire.requests[0]?.url).toBe("https://api.cohere.com/v2/rerank");
    expect(wire.bodies).toEqual([{ model: "rerank-v3.5", query: "q", documents: ["5", "900", "30"] }]);
    expect(results).toEqual([
      { index: 1, score: 0.009, document: "900" },
      { index: 2, score: 0.0003, document: "30" },
      { index: 0, score: 0.00005, document: "5" },
    ]);
  });

  test("every option", async () => {
    const wire = new Wire(byNumber);
    const rerank = make(wire, { model: "m", topN: 1, maxTokensPerDoc: 50, priority: 9 });
    expect(await rerank.invoke({ query: "q", documents: ["5", "900"] })).toHaveLength(1);
    expect(wire.bodies).toEqual([
      { model: "m", query: "q", documents: ["5", "900"], top_n: 1, max_tokens_per_doc: 50, priority: 9 },
    ]);
  });

  test("equal scores stay in the order of the documents", async () => {
    const wire = new Wire(() =>
      reranked([
        [2, 0.5],
        [0, 0.5],
        [1, 0.5],
      ]),
    );
    const results = await make(wire).invoke({ query: "q", documents: ["a", "b", "c"] });
    expect(results.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test("no documents give no results, and no call", async () => {
    const wire = new Wire(byNumber);
    expect(await make(wire).invoke({ query: "q", documents: [] })).toEqual([]);
    expect(wire.requests).toEqual([]);
  });

  test("many queries are a batch", async () => {
    const wire = new Wire(byNumber);
    const inputs = [3, 2, 1].map((count) => ({ query: `q${count}`, documents: numbers(count) }));
    const lists = await make(wire).batch(inputs);
    expect(lists.map((list) => list.length)).toEqual([3, 2, 1]);
    expect(wire.requests).toHaveLength(3);
  });
});

describe("long lists", () => {
  test("are split into calls of 1,000 documents, and merged by score", async () => {
    const wire = new Wire(byNumber);
    const documents = numbers(2500);
    const results = await make(wire).invoke({ query: "q", documents });
    expect(wire.bodies.map((body) => body.documents.length)).toEqual([1000, 1000, 500]);
    expect(results.map(({ document }) => Number(document))).toEqual(Array.from({ length: 2500 }, (_, at) => 2499 - at));
    expect(results.every(({ index, document }) => documents[index] === document)).toBe(true);
  });

  test("each call gives its best, of which the best are kept", async () => {
    const wire = new Wire(byNumber);
    const rerank = make(wire, { topN: 3, maxDocuments: 10 });
    const results = await rerank.invoke({ query: "q", documents: numbers(25) });
    expect(results.map(({ document }) => document)).toEqual(["24", "23", "22"]);
    expect(wire.bodies.map((body) => [body.documents.length, body.top_n])).toEqual([
      [10, 3],
      [10, 3],
      [5, 3],
    ]);
  });

  test("L8 their calls count against the batch's cap", async () => {
    let inFlight = 0;
    let peak = 0;
    const wire = new Wire(async (request) => {
      peak = Math.max(peak, ++inFlight);
      await new Promise(setImmediate);
      inFlight--;
      return byNumber(request);
    });
    const inputs = [1, 2, 3].map((each) => ({ query: `q${each}`, documents: numbers(20) }));
    const lists = await make(wire, { maxDocuments: 5 }).batch(inputs, { maxConcurrency: 2 });
    expect(lists.map((list) => list.length)).toEqual([20, 20, 20]);
    expect(wire.requests).toHaveLength(12);
    expect(peak).toBe(2);
  });

  test("share one limiter with the others without a deadlock, even where it allows one call at a time", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ concurrency: 1, requestsPerMinute: 1000, clock });
    const wire = new Wire(byNumber);
    const inputs = [1, 2, 3].map((each) => ({ query: `q${each}`, documents: numbers(20) }));
    const lists = await runOn(clock, make(wire, { maxDocuments: 5, limiter }).batch(inputs, { clock }));
    expect(lists.map((list) => list.length)).toEqual([20, 20, 20]);
  });

  test("P2 P25 one that is tried again sends only what is missing, as often as any call", async () => {
    const clock = new FakeClock();
    let failures = 0;
    const wire = new Wire((request) =>
      request.body.documents.includes("0") && ++failures < 4 ? refused(503) : byNumber(request),
    );
    const rerank = make(wire, { maxDocuments: 10, clock });
    const [list] = await runOn(clock, rerank.batch([{ query: "q", documents: numbers(30) }], { clock }));
    expect(list).toHaveLength(30);
    // Three parts, and three more tries of one of them.
    expect(wire.requests).toHaveLength(6);
  });

  // mostlygeek/llama-swap#146: 503 for the ten seconds in which a server loads its model.
  test("P42 while the provider is out they ask one at a time, like other calls", async () => {
    const clock = new FakeClock();
    const wire = new Wire((request) => (clock.now() < 10_000 ? refused(503) : byNumber(request)));
    const inputs = Array.from({ length: 40 }, (_, list) => ({ query: `q${list}`, documents: numbers(30) }));
    const lists = await runOn(clock, make(wire, { maxDocuments: 10, clock }).batch(inputs, { clock }));
    expect(lists.map((list) => list.length)).toEqual(inputs.map(() => 30));
    expect(wire.requests.length - 40 * 3).toBeLessThan(40);
  });

  test("P29 each of their calls counts against the limit, and the list itself does not", async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const wire = new Wire((request) => {
      times.push(clock.now());
      return byNumber(request);
    });
    const rerank = make(wire, { maxDocuments: 10, requestsPerMinute: 4, clock });
    const inputs = [30, 5, 5].map((count) => ({ query: "q", documents: numbers(count) }));
    await runOn(clock, rerank.batch(inputs, { clock }));
    expect(times).toEqual([0, 0, 0, 0, 60_000]);
  });

  // Reported of Azure: a wait of a day for some inputs alone.
  test("P45 one that is told to wait for a day holds up no other", async () => {
    const clock = new FakeClock();
    const wire = new Wire((request) =>
      (request.body.documents as string[]).includes("9") ? refused(429, { "retry-after": "86400" }) : byNumber(request),
    );
    const inputs = [10, 5, 5, 5].map((count) => ({ query: "q", documents: numbers(count) }));
    const rerank = make(wire, { maxDocuments: 3, maxConcurrency: 1, clock });
    const lists = await runOn(clock, rerank.batch(inputs, { clock, returnExceptions: true }));
    expect(lists.map((list) => list instanceof Error)).toEqual([true, false, false, false]);
    expect(clock.now()).toBe(0);
  });

  test("P2 what had come when the time ran out is kept", async () => {
    const clock = new FakeClock();
    const wire = new Wire((request, number) => (number === 1 ? new Promise<Response>(() => {}) : byNumber(request)));
    const rerank = make(wire, { maxDocuments: 10, timeoutMs: 5000, clock });
    const [list] = await runOn(clock, rerank.batch([{ query: "q", documents: numbers(30) }], { clock }));
    expect(list).toHaveLength(30);
    expect(wire.requests).toHaveLength(4);
  });

  test("a list that was changed meanwhile begins anew", async () => {
    let down = true;
    const wire = new Wire((request) =>
      down && request.body.documents.includes("0") ? refused(503) : byNumber(request),
    );
    const input = { query: "q", documents: numbers(30) };
    const rerank = make(wire, { maxDocuments: 10 });
    await failureOf(rerank.invoke(input));
    down = false;
    input.documents[29] = "77";
    const results = await rerank.invoke(input);
    expect(results[0]?.document).toBe("77");
    expect(wire.requests).toHaveLength(6);
  });

  test("fail with what trying again cannot help", async () => {
    const wire = new Wire((_, number) => refused([503, 400, 503][number] as number));
    const error = await failureOf(make(wire, { maxDocuments: 10 }).invoke({ query: "q", documents: numbers(30) }));
    expect(error).toMatchObject({ status: 400, code: "invalid_input" });
  });

  test("P12 end at once when they are aborted", async () => {
    const controller = new AbortController();
    const wire = new Wire(() => new Promise<Response>(() => {}));
    const call = make(wire, { maxDocuments: 10 }).invoke(
      { query: "q", documents: numbers(30) },
      { signal: controller.signal },
    );
    await expect.poll(() => wire.requests.length).toBe(3);
    controller.abort(new Error("enough"));
    expect(await failureOf(call)).toBe(controller.signal.reason);
  });
});

describe("what cannot be ranked", () => {
  test.each<[string, unknown, RegExp]>([
    ["a blank query", { query: "  ", documents: ["a"] }, /a query that is not blank/],
    ["no query", { documents: ["a"] }, /a query that is not blank.*got undefined/],
    ["no documents", { query: "q" }, /an array of documents/],
    ["a document that is no text", { query: "q", documents: ["a", 5] }, /document 1 to be a string/],
    ["nothing", undefined, /a query/],
  ])("%s is an InputError, and its neighbours go", async (_, input, message) => {
    const wire = new Wire(byNumber);
    const good = { query: "q", documents: ["1"] };
    const [bad, other] = await make(wire).batch([input as never, good], { returnExceptions: true });
    expect(bad).toBeInstanceOf(InputError);
    expect((bad as Error).message).toMatch(message);
    expect(other).toHaveLength(1);
  });

  test.each<[string, readonly (readonly [number, unknown])[]]>([
    ["one short", [[0, 0.5]]],
    [
      "one too many",
      [
        [0, 0.5],
        [1, 0.4],
        [1, 0.3],
      ],
    ],
    [
      "an index twice",
      [
        [0, 0.5],
        [0, 0.4],
      ],
    ],
    [
      "an index out of range",
      [
        [0, 0.5],
        [2, 0.4],
      ],
    ],
    [
      "an index that is none",
      [
        [0, 0.5],
        [0.5, 0.4],
      ],
    ],
    [
      "a score that is none",
      [
        [0, 0.5],
        [1, null],
      ],
    ],
  ])("P6 L13 scores with %s are a ResultError", async (_, scores) => {
    const wire = new Wire(() => reranked(scores));
    const error = await failureOf(make(wire).batch([{ query: "top secret", documents: ["a", "b"] }]));
    expect(error).toBeInstanceOf(BatchError);
    expect(error.cause).toBeInstanceOf(ResultError);
    expect(error.cause.message).not.toContain("secret");
  });

  // mudler/LocalAI#6700, michaelfeil/infinity#404
  test("P52 of a server that gives all documents, whatever it is asked for, the best are taken", async () => {
    const wire = new Wire(({ body }) => byNumber({ body: { ...body, top_n: undefined } } as WireRequest));
    const [results] = await make(wire, { topN: 2 }).batch([{ query: "q", documents: ["1", "3", "2"] }]);
    expect(results?.map(({ document }) => document)).toEqual(["3", "2"]);
  });

  // joonsoome/embed-rerank#11 (null for a document); fern-api/fern-typescript#439: the SDK's check, which prints what it finds
  test.each<[string, (text: string, index: number) => object]>([
    ["scores as texts", (_, index) => ({ index, relevance_score: String(1 - index / 10) })],
    [
      "documents as texts, or null",
      (text, index) => ({ index, relevance_score: 1 - index / 10, document: text || null }),
    ],
  ])("P35 %s are read, and nothing of them is written to the console", async (_, rowOf) => {
    const written = vi.spyOn(console, "warn");
    const wire = new Wire(({ body }) =>
      Response.json({ id: null, results: body.documents.map(rowOf), meta: { warnings: body.query, tokens: null } }),
    );
    const results = await make(wire).invoke({ query: "SECRET", documents: ["SECRET", ""] });
    expect(results.map(({ index }) => index)).toEqual([0, 1]);
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  test("P35 texts in the place of an index are an error, and are not written to the console", async () => {
    const written = vi.spyOn(console, "warn");
    const rowsOf = (texts: string[]): object[] => texts.map((index) => ({ index, relevance_score: 1 }));
    const wire = new Wire(({ body }) => Response.json({ results: rowsOf(body.documents) }));
    const error = await failureOf(make(wire).invoke({ query: "q", documents: ["SECRET"] }));
    expect(error).toBeInstanceOf(ResultError);
    expect(error.message).not.toContain("SECRET");
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  test.each<[Partial<CohereRerankOptions>, RegExp]>([
    [{ model: "" }, /`model`.*rerank-v3\.5/],
    [{ topN: 0 }, /`topN`/],
    [{ maxTokensPerDoc: 0 }, /`maxTokensPerDoc`/],
    [{ priority: -1 }, /`priority`/],
    [{ maxDocuments: 10_001 }, /`maxDocuments` to be a whole number from 1 to 10,000, got 10001/],
  ])("the option %j", (options, message) => {
    const build = (): CohereRerank => make(new Wire(byNumber), options);
    expect(build).toThrow(ArgumentError);
    expect(build).toThrow(message);
  });
});

describe("cost", () => {
  const costOf = async (options: Partial<CohereRerankOptions>, meta: object, documents = 1): Promise<unknown> => {
    const wire = new Wire((request) => byNumber(request, 0, { meta }));
    let usage: { cost: number } | undefined;
    await make(wire, options).batch([{ query: "q", documents: numbers(documents) }], {
      onFinish: (report) => void ({ usage } = report),
    });
    return usage?.cost;
  };

  test("search units cost what a thousand of them do, over all calls of a list", async () => {
    const meta = { billed_units: { search_units: 10 } };
    expect(await costOf({}, meta)).toBeCloseTo(0.02);
    expect(await costOf({ maxDocuments: 10 }, meta, 30)).toBeCloseTo(0.06);
    expect(await costOf({ price: { perThousandSearches: 5 } }, meta)).toBeCloseTo(0.05);
  });

  test("a model that counts tokens costs what they do", async () => {
    const meta = { billed_units: { input_tokens: 1_000_000 } };
    expect(await costOf({ model: "rerank-v5.0-pro" }, meta)).toBeCloseTo(0.05);
  });

  test("an estimate counts the query with each document, and knows no cost where searches are paid", () => {
    const rerank = make(new Wire(byNumber), { maxTokensPerDoc: 4 });
    expect(rerank.estimate([{ query: "ab", documents: ["1", "1234567"] }])).toMatchObject({
      tokens: 2 + 1 + 2 + 4,
      cost: undefined,
    });
    expect(rerank.settings.weigh?.(undefined as never)).toEqual({ tokens: 0, outputTokens: 0 });
  });
});
