import { ArgumentError, ResultError } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { OpenAIEmbeddings } from "@langchain/openai";
import { FakeClock, failureOf, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { fromLangChainEmbeddings } from "./index.ts";

/** Embeddings of theirs that note each call. */
class Noting implements EmbeddingsInterface {
  readonly calls: (string | string[])[] = [];
  readonly batchSize: number | undefined;
  readonly #rows: (texts: string[]) => unknown;

  constructor(
    batchSize?: number,
    rows: (texts: string[]) => unknown = (texts) => texts.map((text) => [text.length, 1]),
  ) {
    this.batchSize = batchSize;
    this.#rows = rows;
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    this.calls.push(texts);
    return this.#rows(texts) as number[][];
  }

  async embedQuery(text: string): Promise<number[]> {
    this.calls.push(text);
    return [text.length, 2];
  }
}

describe("calls", () => {
  test("hold as many texts as their batchSize", async () => {
    const theirs = new Noting(2);
    const vectors = await fromLangChainEmbeddings(theirs, { maxConcurrency: 1 }).batch(["a", "bb", "ccc"]);
    expect(vectors).toEqual([Float32Array.of(1, 1), Float32Array.of(2, 1), Float32Array.of(3, 1)]);
    expect(theirs.calls).toEqual([["a", "bb"], ["ccc"]]);
  });

  test("hold 100 where they have none, and what `request` says", async () => {
    const texts = Array.from({ length: 150 }, () => "a");
    const sizes = async (theirs: Noting, options: object): Promise<number[]> => {
      await fromLangChainEmbeddings(theirs, { maxConcurrency: 1, ...options }).batch(texts);
      return theirs.calls.map(({ length }) => length);
    };
    expect(Math.max(...(await sizes(new Noting(), {})))).toBe(100);
    expect(Math.max(...(await sizes(new Noting(60), { request: { maxInputs: 50 } })))).toBe(50);
  });

  test("P10 texts are documents unless they are said to be queries", async () => {
    const documents = new Noting();
    expect(await fromLangChainEmbeddings(documents).invoke("ab")).toEqual(Float32Array.of(2, 1));
    expect(documents.calls).toEqual([["ab"]]);
    const queries = new Noting();
    const asQueries = fromLangChainEmbeddings(queries, { kind: "queries" });
    expect(await asQueries.batch(["ab", "c"])).toEqual([Float32Array.of(2, 2), Float32Array.of(1, 2)]);
    expect(queries.calls).toEqual(["ab", "c"]);
  });

  test("an object with a private field of its own works", async () => {
    expect(await fromLangChainEmbeddings(new Noting()).batch(["a"])).toEqual([Float32Array.of(1, 1)]);
  });

  test("their object is left as it is, and makes its client once", async () => {
    await using emulator = await startEmulator({});
    const theirs = new OpenAIEmbeddings({ apiKey: "key", configuration: { baseURL: emulator.openaiBaseURL } });
    const { caller } = theirs;
    const embeddings = fromLangChainEmbeddings(theirs);
    await embeddings.batch(["a"]);
    const { client } = theirs as unknown as { client: unknown };
    await embeddings.batch(["b"]);
    expect(client).toBeDefined();
    expect((theirs as unknown as { client: unknown }).client).toBe(client);
    expect(theirs.caller).toBe(caller);
  });
});

describe("P25 retries do not multiply", () => {
  test.each([
    ["of theirs are off", { attempts: 2, minDelayMs: 1 }, 2],
    ["of theirs hold where ours are off", false, 2],
  ] as const)(
    "%s",
    async (_, retry, calls) => {
      await using emulator = await startEmulator({ faults: { htmlErrorRate: 1 } });
      const theirs = new OpenAIEmbeddings({
        apiKey: "key",
        maxRetries: 1,
        configuration: { baseURL: emulator.openaiBaseURL },
      });
      const [slot] = await fromLangChainEmbeddings(theirs, { retry }).batch(["a"], { returnExceptions: true });
      expect(slot).toMatchObject({ status: 502, retryable: true });
      expect(emulator.stats().requests).toBe(calls);
    },
    20_000,
  );
});

describe("what comes back", () => {
  test.each<[string, unknown]>([
    ["too few", [[1, 2]]],
    [
      "too many",
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    ],
    ["no array", "vectors"],
  ])("L13 P6 %s vectors are an error of all, never a shift", async (_, rows) => {
    // What follows from a wrong answer is the engine's: here it is not asked for again (P48).
    const slots = await fromLangChainEmbeddings(new Noting(2, () => rows)).batch(["a", "b"], {
      returnExceptions: true,
      retry: false,
    });
    expect(slots.map((slot) => ResultError.isInstance(slot))).toEqual([true, true]);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["an empty vector", []],
    ["a vector with NaN", [1, Number.NaN]],
    ["a vector with null", [1, null]],
    ["a vector of another length", [1]],
  ])("L13 %s is an error of its text alone", async (_, row) => {
    const rows = [[1, 2], row, [3, 4]];
    const slots = await fromLangChainEmbeddings(new Noting(3, () => rows)).batch(["a", "b", "c"], {
      returnExceptions: true,
    });
    expect(slots).toEqual([Float32Array.of(1, 2), expect.any(ResultError), Float32Array.of(3, 4)]);
  });

  test("typed arrays are vectors too", async () => {
    const theirs = new Noting(1, () => [Float64Array.of(0.5, 2)]);
    expect(await fromLangChainEmbeddings(theirs).batch(["a"])).toEqual([Float32Array.of(0.5, 2)]);
  });

  test("usage of the responses is reported", async () => {
    await using emulator = await startEmulator({});
    const theirs = new OpenAIEmbeddings({ apiKey: "key", configuration: { baseURL: emulator.openaiBaseURL } });
    const used: number[] = [];
    const onFinish = ({ usage }: { usage: { totalTokens: number } }): void => void used.push(usage.totalTokens);
    await fromLangChainEmbeddings(theirs).batch(["a cat", "a dog"], { onFinish });
    await fromLangChainEmbeddings(theirs, { kind: "queries" }).batch(["a cat"], { onFinish });
    expect(used).toEqual([4, 2]);
  });

  test("inputs have a weight: UTF-8 bytes", () => {
    const embeddings = fromLangChainEmbeddings(new Noting());
    expect(embeddings.estimate(["é", "ab"])).toMatchObject({ tokens: 4, outputTokens: 0 });
    const own = fromLangChainEmbeddings(new Noting(), { weigh: () => ({ tokens: 7 }) });
    expect(own.estimate(["é", "ab"]).tokens).toBe(14);
  });
});

test.each([undefined, {}, { embedQuery: () => [] }])("%o is no Embeddings", async (value) => {
  const error = await failureOf((async () => fromLangChainEmbeddings(value as never))());
  expect(ArgumentError.isInstance(error)).toBe(true);
});

/** Outcomes of four texts whose vectors are their numbers, by an answer's rows. */
async function slotsOf(rowsOf: (rows: Row[]) => unknown, options: object = {}): Promise<unknown[]> {
  const answer = (_: unknown, init?: RequestInit): Promise<Response> => {
    const { input } = JSON.parse(init?.body as string) as { readonly input: string[] };
    const rows = input.map((text, index): Row => ({ index, embedding: [Number(text), 1] }));
    return Promise.resolve(Response.json({ data: rowsOf(rows) }));
  };
  const theirs = new OpenAIEmbeddings({
    apiKey: "key",
    encodingFormat: "float",
    configuration: { fetch: answer },
    ...options,
  });
  const clock = new FakeClock();
  const ours = fromLangChainEmbeddings(theirs, { request: { maxInputs: 4 } });
  return runOn(clock, ours.batch(["1", "2", "3", "4"], { returnExceptions: true, clock }));
}
interface Row {
  readonly index?: unknown;
  readonly embedding?: unknown;
}

const ALL = [1, 2, 3, 4].map((each) => Float32Array.of(each, 1));

// samfoy/pi-session-search#13, spring-projects/spring-ai#7019 (a 0 is left out), https://protobuf.dev/programming-guides/json/ (texts)
test.each<[string, (row: Row) => Row]>([
  ["is left out", ({ index, ...rest }) => (index === 0 ? rest : { index, ...rest })],
  ["is null", ({ index, ...rest }) => ({ index: index === 0 ? null : index, ...rest })],
  ["and all others are texts", ({ index, ...rest }) => ({ index: String(index), ...rest })],
])("P5 rows in any order are placed where index 0 %s", async (_, change) => {
  expect(await slotsOf((rows) => rows.map(change).toReversed())).toEqual(ALL);
  expect(await slotsOf((rows) => rows.map(change).toReversed(), { batchSize: 2 })).toEqual(ALL);
});

// samfoy/pi-session-search#13, with more than one index left out
test("L13 rows in another order of which some carry no index are never given to another text", async () => {
  const slots = await slotsOf((rows) =>
    rows.map(({ index, ...rest }) => (Number(index) % 2 === 1 ? rest : { index, ...rest })).toReversed(),
  );
  expect(slots).toEqual(ALL);
});

// esengine/DeepSeek-Reasonix#732: rows are dropped; CherryHQ/cherry-studio#7573: there is no list
test.each<[string, (rows: Row[]) => unknown, object]>([
  ["a row that is missing", (rows) => rows.slice(1), {}],
  ["a row that is missing, of several requests", (rows) => rows.slice(1), { batchSize: 2 }],
  ["a row that is null", (rows) => [null, ...rows.slice(1)], {}],
  ["a row that is null, which the SDK reads", (rows) => [null, ...rows.slice(1)], { encodingFormat: undefined }],
  ["a row that is null, without an index", () => [null, { embedding: [9, 1] }, null, null], {}],
  ["rows that are null", () => null, {}],
])("P51 %s is a ResultError, not an error of LangChain's code", async (_, rowsOf, options) => {
  const slots = await slotsOf(rowsOf, options);
  expect(ResultError.isInstance(slots[0])).toBe(true);
  expect(slots.filter((slot) => slot instanceof Error && !ResultError.isInstance(slot))).toEqual([]);
});
